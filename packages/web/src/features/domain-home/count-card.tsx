import { Group, Paper, Skeleton, Text } from "@mantine/core";
import type { ReactNode } from "react";

interface CountCardProps {
  readonly title: string;
  readonly icon: ReactNode;
  /** `undefined` while it loads, `null` when the person may not know. */
  readonly count: number | null | undefined;
  readonly children?: ReactNode;
}

/** One number of the domain and what it is made of. */
export function CountCard({ title, icon, count, children }: CountCardProps) {
  return (
    <Paper withBorder p="lg" component="section" aria-label={title}>
      <Group justify="space-between" wrap="nowrap" c="dimmed">
        <Text size="sm" fw={500}>
          {title}
        </Text>
        {icon}
      </Group>
      {count === undefined ? (
        <Skeleton h={34} w={64} mt={6} />
      ) : (
        <Text fz={28} fw={600} lh="34px" mt={6} style={{ fontVariantNumeric: "tabular-nums" }}>
          {count === null ? "–" : count.toLocaleString("en")}
        </Text>
      )}
      {children}
    </Paper>
  );
}
