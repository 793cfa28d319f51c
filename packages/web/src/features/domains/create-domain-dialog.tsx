import { Modal, TagsInput, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useNavigate } from "@tanstack/react-router";
import { maximumLength } from "@tessera/sdk";
import { useState } from "react";
import { api } from "../../api/client.ts";
import { domainsKey } from "../../api/domains.ts";
import { useChange } from "../../api/use-change.ts";
import { renderChosen } from "../../ui/choices.tsx";
import { Form, sayAtField } from "../../ui/form.tsx";
import { routeFrom } from "./route-from.ts";

interface CreateDomainDialogProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** Creates a domain and enters it. */
export function CreateDomainDialog({ isOpen, onClose }: CreateDomainDialogProps) {
  return (
    <Modal opened={isOpen} onClose={onClose} title="Create Domain">
      <CreateDomainForm onClose={onClose} />
    </Modal>
  );
}

function CreateDomainForm({ onClose }: Pick<CreateDomainDialogProps, "onClose">) {
  const navigate = useNavigate();
  const [isRouteOwn, setIsRouteOwn] = useState(false);
  const form = useForm({
    initialValues: { name: "", route: "", tags: [] as string[] },
    validate: {
      name: (value) => (value.trim() === "" ? "Enter a name" : null),
      route: (value) => (value.trim() === "" ? "Enter a route" : null),
    },
  });
  const create = useChange(
    (values: typeof form.values) =>
      api.domains.create({
        body: { name: values.name.trim(), route: values.route.trim(), tags: values.tags },
      }),
    {
      stale: [domainsKey],
      onDone: async ({ id }) => {
        onClose();
        await navigate({ to: "/domains/$domainId", params: { domainId: id } });
      },
      onFailed: (error) => sayAtField(error, { name: "name", route: "route" }, form.setFieldError),
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
