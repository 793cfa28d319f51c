import { TagsInput, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { maximumCount, maximumLength } from "@tessera/sdk";
import { bodyProblems } from "../../api/body-problems.ts";
import {
  type EntityTypeName,
  entityCalls,
  entityName,
  entityTypes,
  type NewEntity,
} from "../../api/entities.ts";
import { rememberClientSecret, secretOfReply } from "../../api/new-secrets.ts";
import { staleEntities } from "../../api/stale.ts";
import { useChange } from "../../api/use-change.ts";
import { entityTypeRows } from "../../entity-types/rows.ts";
import { EntityPicker } from "../../parts/entity-picker.tsx";
import { renderChosen } from "../../ui/choices.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Form, sayAtField } from "../../ui/form.tsx";
import { JsonEditor } from "../../ui/json-editor.tsx";
import { readJsonObject } from "../../ui/json-text.ts";
import { capitalized } from "../../words/first-letter.ts";
import { isolated } from "../../words/foreign-text.ts";

interface CreateEntityDialogProps {
  readonly type: EntityTypeName;
  readonly domainId: string;
  /** The group in which it will be; a choice is offered when absent. */
  readonly groupId?: string | undefined;
  readonly onClose: () => void;
}

/** Creates one entity and goes to its page. */
export function CreateEntityDialog(props: CreateEntityDialogProps) {
  const { type, onClose } = props;
  return (
    <Dialog isOpen onClose={onClose} title={`Create ${capitalized(entityTypes[type].singular)}`}>
      <CreateEntityForm {...props} />
    </Dialog>
  );
}

const emptyValues = {
  name: "",
  identity: "",
  secret: "",
  route: "",
  description: "",
  tags: [] as string[],
  parentId: null as string | null,
  metadata: "{}",
};

type Values = typeof emptyValues;

/** What the fields are called on the wire; the metadata's says itself what is wrong with it. */
const fieldsByWireName = {
  name: "name",
  "credentials.identity": "identity",
  "credentials.secret": "secret",
  route: "route",
  description: "description",
  tags: "tags",
  parent_id: "parentId",
  parent_group_id: "parentId",
} as const satisfies Readonly<Record<string, keyof Values>>;

function CreateEntityForm({ type, domainId, groupId, onClose }: CreateEntityDialogProps) {
  const { OwnFormFields } = entityTypeRows[type];
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const form = useForm<Values>({
    initialValues: { ...emptyValues, parentId: groupId ?? null },
    validate: (values) => ({
      ...bodyProblems(`${type}.create`, bodyOf(type, values), fieldsByWireName),
      ...(values.name.trim() === "" ? { name: "Enter a name" } : {}),
      ...("problem" in readJsonObject(values.metadata) ? { metadata: "" } : {}),
    }),
  });
  const create = useChange(
    (values: Values) => entityCalls[type].create({ domainId, body: bodyOf(type, values) }),
    {
      // A new secret is in view then, and nothing is to lie over it.
      done: (_, created) =>
        secretOfReply(created) === undefined
          ? `“${isolated(entityName(created))}” is created`
          : null,
      onDone: async (created) => {
        rememberClientSecret(queryClient, created);
        onClose();
        await navigate({
          to: "/domains/$domainId/$type/$id",
          params: { domainId, type, id: created.id },
        });
      },
      onFailed: (error) => sayAtField(error, fieldsByWireName, form.setFieldError),
      stale: staleEntities(domainId),
    },
  );
  return (
    <Form
      change={create}
      verb="Create"
      onClose={onClose}
      closeVerb="Close"
      onSubmit={form.onSubmit((values) => create.mutate(values))}
    >
      <TextInput
        label="Name"
        withAsterisk
        placeholder="Enter name"
        maxLength={maximumLength.name}
        data-autofocus
        {...form.getInputProps("name")}
      />
      <OwnFormFields inputProps={(field) => form.getInputProps(field)} />
      <TagsInput
        label="Tags"
        description="Press Enter to add one"
        placeholder="Enter tags"
        maxTags={maximumCount.tags}
        acceptValueOnBlur
        renderPill={({ value, onRemove, disabled }) => renderChosen({ value, onRemove, disabled })}
        {...form.getInputProps("tags")}
      />
      {groupId === undefined && (
        <EntityPicker
          type="groups"
          domainId={domainId}
          label="Parent group"
          placeholder="Select a group"
          value={form.values.parentId}
          error={typeof form.errors.parentId === "string" ? form.errors.parentId : undefined}
          onChange={(parentId) => form.setFieldValue("parentId", parentId)}
        />
      )}
      <JsonEditor
        label="Metadata"
        value={form.values.metadata}
        onChange={(text) => form.setFieldValue("metadata", text)}
      />
    </Form>
  );
}

function bodyOf(type: EntityTypeName, values: Values): NewEntity {
  const metadata = readJsonObject(values.metadata);
  const { parentId, tags } = values;
  const { parent, ownBody } = entityTypeRows[type];
  return {
    name: values.name.trim(),
    tags,
    metadata: "value" in metadata ? metadata.value : {},
    ...(parentId === null ? {} : { [parent.member]: parentId }),
    ...ownBody(values),
  };
}
