import { Group, Paper, Text } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./fields.module.css";

/** The facts of one object, a line each. */
export function Fields({ children }: { children: ReactNode }) {
  return (
    <Paper withBorder component="dl" className={classes.fields}>
      {children}
    </Paper>
  );
}

interface FieldProps {
  readonly label: string;
  readonly children: ReactNode;
  /** Buttons at the line's end. */
  readonly actions?: ReactNode;
}

/** One fact: its name, its value, and what can be done with it. */
export function Field({ label, children, actions }: FieldProps) {
  return (
    <div className={classes.field}>
      <Text component="dt" size="sm" fw={500}>
        {label}
      </Text>
      <Group component="dd" m={0} gap="md" justify="space-between" align="flex-start">
        <div className={classes.value}>{children}</div>
        {actions}
      </Group>
    </div>
  );
}
