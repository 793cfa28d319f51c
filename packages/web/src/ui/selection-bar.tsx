import { Button, Group, Paper, Text } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./selection-bar.module.css";

interface SelectionBarProps {
  readonly count: number;
  readonly onClear: () => void;
  /** What can be done to all of them. */
  readonly children: ReactNode;
}

/** Stands above a table while rows of it are chosen. */
export function SelectionBar({ count, onClear, children }: SelectionBarProps) {
  if (count === 0) return null;
  return (
    <Paper
      withBorder
      className={classes.bar}
      shadow="sm"
      component="section"
      aria-label="Selected"
      px="md"
      py="xs"
      mb="md"
    >
      <Group gap="sm">
        <Text size="sm" fw={550} role="status" flex="1 0 auto">
          {count.toLocaleString("en")} selected
        </Text>
        {children}
        <Button variant="subtle" color="gray" size="xs" onClick={onClear}>
          Clear
        </Button>
      </Group>
    </Paper>
  );
}
