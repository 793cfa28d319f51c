import { ActionIcon, Group, Stack, Text, Textarea, TextInput, Tooltip } from "@mantine/core";
import { IconCheck, IconPencil, IconX } from "@tabler/icons-react";
import { type KeyboardEvent, useState } from "react";
import { visibleText } from "../words/foreign-text.ts";
import { FailureNotice } from "./failure-notice.tsx";
import { Name, Passage } from "./name.tsx";
import { useEditButton } from "./use-edit-button.ts";

interface InlineEditProps {
  /** What is edited: the field's accessible name. */
  readonly label: string;
  readonly value: string;
  /** Shown while there is no value. */
  readonly placeholder: string;
  readonly maxLength: number;
  readonly isMultiline?: boolean;
  readonly isRequired?: boolean;
  /** Whoever looks may not change it. */
  readonly isLocked?: boolean;
  /** Rejects when the server refuses; what was typed then stays. */
  readonly onSave: (value: string) => Promise<unknown>;
}

/** A value that is edited where it stands: Enter saves; Escape takes it back, after a question where it was changed. */
export function InlineEdit(props: InlineEditProps) {
  const { label, onSave } = props;
  const value = visibleText(props.value, props.isMultiline === true ? "several lines" : "one line");
  const Shown = props.isMultiline === true ? Passage : Name;
  const [draft, setDraft] = useState<string | null>(null);
  const [isSaving, setIsSaving] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [isAsking, setIsAsking] = useState(false);
  const editButton = useEditButton(draft !== null);

  if (draft === null) {
    return (
      <Group gap="xs" wrap="nowrap" align="flex-start">
        <Text
          size="sm"
          component="div"
          style={{ overflowWrap: "anywhere" }}
          {...(value === "" ? { c: "dimmed" } : {})}
        >
          {value === "" ? props.placeholder : <Shown>{value}</Shown>}
        </Text>
        {props.isLocked !== true && (
          <Tooltip label={`Edit ${label.toLowerCase()}`}>
            <ActionIcon
              ref={editButton}
              variant="subtle"
              color="gray"
              size="sm"
              aria-label={`Edit ${label.toLowerCase()}`}
              onClick={() => setDraft(value)}
            >
              <IconPencil size={15} aria-hidden />
            </ActionIcon>
          </Tooltip>
        )}
      </Group>
    );
  }

  const isMissing = props.isRequired === true && draft.trim() === "";
  const close = () => {
    setDraft(null);
    setError(null);
    setIsAsking(false);
  };
  const save = async () => {
    if (isMissing || isSaving) return;
    if (draft === value) return close();
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
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") {
      if (draft === value || isAsking) close();
      else setIsAsking(true);
    }
    if (event.key === "Enter" && (props.isMultiline !== true || event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      void save();
    }
  };
  const field = {
    "aria-label": label,
    value: draft,
    placeholder: props.placeholder,
    maxLength: props.maxLength,
    autoFocus: true,
    onKeyDown,
    error: isMissing && `${label} must not be empty`,
    onInput: () => setIsAsking(false),
    flex: 1,
  };
  return (
    <Stack gap="xs">
      <Group gap="xs" wrap="nowrap" align="flex-start">
        {props.isMultiline === true ? (
          <Textarea
            {...field}
            autosize
            minRows={2}
            maxRows={8}
            onChange={(event) => setDraft(event.currentTarget.value)}
          />
        ) : (
          <TextInput {...field} onChange={(event) => setDraft(event.currentTarget.value)} />
        )}
        <Tooltip label="Save">
          <ActionIcon
            size={36}
            aria-label={`Save ${label.toLowerCase()}`}
            loading={isSaving}
            disabled={isMissing}
            onClick={() => void save()}
          >
            <IconCheck size={16} aria-hidden />
          </ActionIcon>
        </Tooltip>
        <Tooltip label="Cancel">
          <ActionIcon
            size={36}
            variant="default"
            aria-label={`Cancel editing ${label.toLowerCase()}`}
            onClick={close}
          >
            <IconX size={16} aria-hidden />
          </ActionIcon>
        </Tooltip>
      </Group>
      {isAsking && (
        <Text size="xs" role="status">
          Not saved yet. Escape once more discards it.
        </Text>
      )}
      <FailureNotice error={error} />
    </Stack>
  );
}
