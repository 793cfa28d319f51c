import { Textarea } from "@mantine/core";
import { maximumLength } from "@tessera/sdk";
import { Field } from "../ui/fields.tsx";
import { InlineEdit } from "../ui/inline-edit.tsx";
import type { OwnFieldsProps, OwnFormFieldsProps } from "./entity-type-row.ts";

export function GroupFields({ entity, isLocked, onUpdate }: OwnFieldsProps) {
  return (
    <Field label="Description">
      <InlineEdit
        label="Description"
        value={entity.description ?? ""}
        placeholder="No description"
        maxLength={maximumLength.groupDescription}
        isMultiline
        isLocked={isLocked}
        onSave={(description) => onUpdate({ description })}
      />
    </Field>
  );
}

export function GroupFormFields({ inputProps }: OwnFormFieldsProps) {
  return (
    <Textarea
      label="Description"
      placeholder="Enter description"
      autosize
      maxRows={6}
      maxLength={maximumLength.groupDescription}
      {...inputProps("description")}
    />
  );
}
