import { TagsInput, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useNavigate } from "@tanstack/react-router";
import { maximumLength } from "@tessera/sdk";
import { useState } from "react";
import { bodyProblems } from "../../api/body-problems.ts";
import { api } from "../../api/client.ts";
import { domainsKey } from "../../api/domains.ts";
import { useChange } from "../../api/use-change.ts";
import { renderChosen } from "../../ui/choices.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Form, sayAtField } from "../../ui/form.tsx";
import { isolated } from "../../words/foreign-text.ts";
import { routeFrom } from "./route-from.ts";

interface CreateDomainDialogProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** Creates a domain and enters it. */
export function CreateDomainDialog({ isOpen, onClose }: CreateDomainDialogProps) {
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title="Create Domain">
      <CreateDomainForm onClose={onClose} />
    </Dialog>
  );
}

const fieldsByWireName = { name: "name", route: "route", tags: "tags" } as const;

function bodyOf(values: {
  readonly name: string;
  readonly route: string;
  readonly tags: string[];
}) {
  return { name: values.name.trim(), route: values.route.trim(), tags: values.tags };
}

function CreateDomainForm({ onClose }: Pick<CreateDomainDialogProps, "onClose">) {
  const navigate = useNavigate();
  const [isRouteOwn, setIsRouteOwn] = useState(false);
  const form = useForm({
    initialValues: { name: "", route: "", tags: [] as string[] },
    validate: (values) => ({
      ...bodyProblems("domains.create", bodyOf(values), fieldsByWireName),
      ...(values.name.trim() === "" ? { name: "Enter a name" } : {}),
      ...(values.route.trim() === "" ? { route: "Enter a route" } : {}),
    }),
  });
  const create = useChange(
    (values: typeof form.values) => api.domains.create({ body: bodyOf(values) }),
    {
      done: (_, { name }) => `“${isolated(name)}” is created`,
      stale: [domainsKey],
      onDone: async ({ id }) => {
        onClose();
        await navigate({ to: "/domains/$domainId", params: { domainId: id } });
      },
      onFailed: (error) => sayAtField(error, fieldsByWireName, form.setFieldError),
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
        onChange={(event) => {
          const name = event.currentTarget.value;
          form.setFieldValue("name", name);
          if (!isRouteOwn) form.setFieldValue("route", routeFrom(name));
        }}
      />
      <TextInput
        label="Route"
        withAsterisk
        description="A short name for addresses, unique on this server; it cannot be changed later"
        maxLength={maximumLength.route}
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
        {...form.getInputProps("route")}
        onChange={(event) => {
          setIsRouteOwn(event.currentTarget.value !== "");
          form.setFieldValue("route", event.currentTarget.value);
        }}
      />
      <TagsInput
        label="Tags"
        description="Press Enter to add one"
        renderPill={renderChosen}
        {...form.getInputProps("tags")}
      />
    </Form>
  );
}
