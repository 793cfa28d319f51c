import { Text } from "@mantine/core";

/** Stands where there is nothing to draw. */
export function NoUse() {
  return (
    <Text size="sm" c="dimmed">
      No use in the last 30 days.
    </Text>
  );
}
