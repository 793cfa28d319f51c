import { Badge, Group, Text } from "@mantine/core";
import { Name } from "./name.tsx";

interface TagsProps {
  readonly tags: readonly string[];
  /** How many to show; all when absent. */
  readonly atMost?: number;
  /** What to show where there are none. */
  readonly none?: string;
}

/** Tags as small labels. */
export function Tags({ tags, atMost = tags.length, none = "–" }: TagsProps) {
  if (tags.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {none}
      </Text>
    );
  }
  return (
    <Group gap={6}>
      {tags.slice(0, atMost).map((tag) => (
        <Badge key={tag} variant="default" tt="none" fw={450} flex="none" maw={200}>
          <Name isLine>{tag}</Name>
        </Badge>
      ))}
      {tags.length > atMost && (
        <Text size="xs" c="dimmed">
          +{tags.length - atMost}
        </Text>
      )}
    </Group>
  );
}
