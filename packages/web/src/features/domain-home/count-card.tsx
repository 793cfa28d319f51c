import { Group, Paper, Skeleton, Text } from "@mantine/core";
import type { ReactNode } from "react";

interface CountCardProps {
  readonly title: string;
  readonly icon: ReactNode;
  /** `undefined` while it loads, `null` when the person may not know. */
  readonly count: number | null | undefined;
  /** The way to all of them. */
  readonly link?: ReactNode;
  readonly children?: ReactNode;
}

/** One number of the domain and what it is made of. */
export function CountCard({ title, icon, count, link, children }: CountCardProps) {
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
        <Group justify="space-between" align="baseline" mt={6}>
          <Text fz={28} fw={600} lh="34px" style={{ fontVariantNumeric: "tabular-nums" }}>
            {count === null ? "–" : count.toLocaleString("en")}
          </Text>
          {count !== null && link}
        </Group>
      )}
      {children}
    </Paper>
  );
}
