import { Button, Group, Stack, TagsInput } from "@mantine/core";
import { useState } from "react";
import { visibleText } from "../words/foreign-text.ts";
import { renderChosen } from "./choices.tsx";
import { FailureNotice } from "./failure-notice.tsx";

interface TagsEditorProps {
  readonly tags: readonly string[];
  readonly atMost: number;
  /** Rejects when the server refuses; what was typed then stays. */
  readonly onSave: (tags: string[]) => Promise<unknown>;
  /** They are saved, or left as they were. */
  readonly onEnd: () => void;
}

/** The field for tags, in the place of what it changes. */
export function TagsEditor({ tags, atMost, onSave, onEnd }: TagsEditorProps) {
  const [draft, setDraft] = useState(() => tags.map((tag) => visibleText(tag)));
  const [isSaving, setIsSaving] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const save = async () => {
    setIsSaving(true);
    setError(null);
    try {
      await onSave(draft);
      onEnd();
    } catch (failure) {
      setError(failure);
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
        <Button size="xs" variant="default" onClick={onEnd}>
          Cancel
        </Button>
      </Group>
    </Stack>
  );
}
