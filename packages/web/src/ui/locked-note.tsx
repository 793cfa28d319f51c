import { Group, Text } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";

/** Says once for a whole page why nothing of it can be changed; nothing when it can be. */
export function LockedNote({ because }: { because: string | undefined }) {
  if (because === undefined) return null;
  return (
    <Group gap={8} c="dimmed" wrap="nowrap" role="note">
      <IconLock size={16} aria-hidden style={{ flex: "none" }} />
      <Text size="sm">{because}.</Text>
    </Group>
  );
}
