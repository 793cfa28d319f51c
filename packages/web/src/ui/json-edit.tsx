import { Button, Group, Stack, Text } from "@mantine/core";
import { IconPencil } from "@tabler/icons-react";
import { useState } from "react";
import { FailureNotice } from "./failure-notice.tsx";
import classes from "./json-edit.module.css";
import { JsonEditor } from "./json-editor.tsx";
import { jsonText, readJsonObject } from "./json-text.ts";
import { Name } from "./name.tsx";
import { useEditButton } from "./use-edit-button.ts";

interface JsonEditProps {
  readonly label: string;
  readonly value: Record<string, unknown>;
  /** Whoever looks may not change it. */
  readonly isLocked?: boolean;
  /** Rejects when the server refuses; what was typed then stays. */
  readonly onSave: (value: Record<string, unknown>) => Promise<unknown>;
}

/** A JSON object that is edited where it stands. */
export function JsonEdit({ label, value, isLocked = false, onSave }: JsonEditProps) {
  const [draft, setDraft] = useState<string | null>(null);
  const [isSaving, setIsSaving] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const editButton = useEditButton(draft !== null);
  const isEmpty = Object.keys(value).length === 0;

  if (draft === null) {
    return (
      <Group gap="sm" align="flex-start" justify="space-between">
        {isEmpty ? (
          <Text size="sm" c="dimmed">
            Empty
          </Text>
        ) : (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard.
          <pre className={classes.shown} dir="ltr" tabIndex={0}>
            <JsonText value={value} />
          </pre>
        )}
        {!isLocked && (
          <Button
            ref={editButton}
            variant="default"
            size="xs"
            leftSection={<IconPencil size={14} aria-hidden />}
            aria-label={`Edit ${label.toLowerCase()}`}
            onClick={() => setDraft(jsonText(value))}
          >
            Edit
          </Button>
        )}
      </Group>
    );
  }
  const read = readJsonObject(draft);
  const close = () => {
    setDraft(null);
    setError(null);
  };
  const save = async () => {
    if ("problem" in read || isSaving) return;
    setIsSaving(true);
    setError(null);
    try {
      await onSave(read.value);
      close();
    } catch (failure) {
      setError(failure);
    } finally {
      setIsSaving(false);
    }
  };
  return (
    <Stack gap="sm">
      <JsonEditor label={label} isLabelHidden isFirst value={draft} onChange={setDraft} />
      <FailureNotice error={error} />
      <Group gap="sm">
        <Button
          size="xs"
          loading={isSaving}
          disabled={"problem" in read}
          aria-label={`Save ${label.toLowerCase()}`}
          onClick={() => void save()}
        >
          Save
        </Button>
        <Button size="xs" variant="default" onClick={close}>
          Cancel
        </Button>
        <Button
          size="xs"
          variant="subtle"
          color="gray"
          disabled={"problem" in read}
          onClick={() => {
            if ("value" in read) setDraft(jsonText(read.value));
          }}
        >
          Format
        </Button>
      </Group>
    </Stack>
  );
}

/** Every string of it keeps to itself. */
function JsonText({ value }: { readonly value: Record<string, unknown> }) {
  return JSON.stringify(value, null, 2)
    .split(/("(?:[^"\\]|\\.)*")/)
    .map((part, index) =>
      // biome-ignore lint/suspicious/noArrayIndexKey: a part is nothing but its place.
      index % 2 === 1 ? <Name key={index}>{part}</Name> : part,
    );
}
