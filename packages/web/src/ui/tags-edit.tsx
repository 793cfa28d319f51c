import { ActionIcon, Button, Group, Stack, TagsInput, Tooltip } from "@mantine/core";
import { IconPencil } from "@tabler/icons-react";
import { useState } from "react";
import { visibleText } from "../words/foreign-text.ts";
import { renderChosen } from "./choices.tsx";
import { FailureNotice } from "./failure-notice.tsx";
import { Tags } from "./tags.tsx";
import { useEditButton } from "./use-edit-button.ts";

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
  const [draft, setDraft] = useState<string[] | null>(null);
  const [isSaving, setIsSaving] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const editButton = useEditButton(draft !== null);

  if (draft === null) {
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
              onClick={() => setDraft(tags.map((tag) => visibleText(tag)))}
            >
              <IconPencil size={15} aria-hidden />
            </ActionIcon>
          </Tooltip>
        )}
      </Group>
    );
  }
  const close = () => {
    setDraft(null);
    setError(null);
  };
  const save = async () => {
    setIsSaving(true);
    setError(null);
    try {
      await onSave(draft);
      close();
    } catch (failure) {
      setError(failure);
    } finally {
      setIsSaving(false);
    }
  };
  return (
    <Stack gap="sm">
      <TagsInput
        aria-label="Tags"
        placeholder="Enter a tag"
        description="Press Enter to add one"
        value={draft}
        onChange={setDraft}
        renderPill={renderChosen}
        maxTags={atMost}
        acceptValueOnBlur
        autoFocus
      />
      <FailureNotice error={error} />
      <Group gap="sm">
        <Button size="xs" loading={isSaving} aria-label="Save tags" onClick={() => void save()}>
          Save
        </Button>
        <Button size="xs" variant="default" onClick={close}>
          Cancel
        </Button>
      </Group>
    </Stack>
  );
}
