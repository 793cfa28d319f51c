import { Code, Group, Text, TextInput } from "@mantine/core";
import { maximumLength } from "@tessera/sdk";
import { CopyButton } from "../ui/copy-button.tsx";
import { Field } from "../ui/fields.tsx";
import { Name } from "../ui/name.tsx";
import type { OwnFieldsProps, OwnFormFieldsProps } from "./entity-type-row.ts";

export function ChannelFields({ entity: { route = "" } }: OwnFieldsProps) {
  return (
    <Field label="Route">
      {route === "" ? (
        <Text size="sm" c="dimmed">
          None
        </Text>
      ) : (
        <Group gap={4}>
          <Code>
            <Name>{route}</Name>
          </Code>
          <CopyButton text={route} what="route" />
        </Group>
      )}
    </Field>
  );
}

export function ChannelFormFields({ inputProps }: OwnFormFieldsProps) {
  return (
    <TextInput
      label="Route"
      description="A short name for topics, unique in the domain"
      placeholder="Enter route"
      maxLength={maximumLength.route}
      {...inputProps("route")}
    />
  );
}
