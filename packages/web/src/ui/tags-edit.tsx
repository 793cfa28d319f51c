import { ActionIcon, Group, Tooltip } from "@mantine/core";
import { IconPencil } from "@tabler/icons-react";
import { useState } from "react";
import { lazyPart } from "./lazy-part.tsx";
import { Tags } from "./tags.tsx";
import { useEditButton } from "./use-edit-button.ts";

/** The field for them is a large part, and most who look change nothing. */
const TagsEditor = lazyPart(async () => (await import("./tags-editor.tsx")).TagsEditor);

interface TagsEditProps {
  readonly tags: readonly string[];
  readonly atMost: number;
  /** Whoever looks may not change it. */
  readonly isLocked?: boolean;
  /** Rejects when the server refuses; what was typed then stays. */
  readonly onSave: (tags: string[]) => Promise<unknown>;
}

/** Tags that are edited where they stand. */
export function TagsEdit({ tags, atMost, isLocked = false, onSave }: TagsEditProps) {
  const [isEditing, setIsEditing] = useState(false);
  const editButton = useEditButton(isEditing);
  if (isEditing) {
    return (
      <TagsEditor tags={tags} atMost={atMost} onSave={onSave} onEnd={() => setIsEditing(false)} />
    );
  }
  return (
    <Group gap="xs">
      <Tags tags={tags} none="No tags" />
      {!isLocked && (
        <Tooltip label="Edit tags">
          <ActionIcon
            ref={editButton}
            variant="subtle"
            color="gray"
            size="sm"
            aria-label="Edit tags"
            onClick={() => setIsEditing(true)}
          >
            <IconPencil size={15} aria-hidden />
          </ActionIcon>
        </Tooltip>
      )}
    </Group>
  );
}
