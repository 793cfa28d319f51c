import { Code, Group, Text, TextInput } from "@mantine/core";
import { IconBroadcast } from "@tabler/icons-react";
import { maximumLength } from "@tessera/sdk";
import { api } from "../api/client.ts";
import { CopyButton } from "../ui/copy-button.tsx";
import { Field } from "../ui/fields.tsx";
import { Name } from "../ui/name.tsx";
import type { EntityTypeRow, OwnFieldsProps, OwnFormFieldsProps } from "./entity-type-row.ts";
import {
  connectionsTab,
  informationTab,
  parentGroupCalls,
  putOneByOne,
  rolesOnEntities,
} from "./shared-by-entities.ts";

const parent = parentGroupCalls(api.channels);

export const channels = {
  ...rolesOnEntities,
  Icon: IconBroadcast,
  description: "What clients publish to and subscribe to.",
  columns: [
    {
      id: "route",
      header: "Route",
      cell: ({ route = "" }) =>
        route === "" ? (
          "–"
        ) : (
          <Code>
            <Name>{route}</Name>
          </Code>
        ),
    },
  ],
  OwnFields,
  OwnFormFields,
  ownBody: (values) => {
    const route = values.route.trim();
    return route === "" ? {} : { route };
  },
  importColumns: ["route", "parent_group_id"],
  tabs: [informationTab, connectionsTab],
  alsoLost: "Its connections and its roles are gone for good.",
  hasTree: false,
  parent,
  inGroup: "channels",
  putIntoGroup: putOneByOne(parent),
  connections: {
    other: "clients",
    filter: "channel",
    connectOperation: "connect_client",
    disconnectOperation: "disconnect_client",
    idsOf: (id, others) => ({ channel_ids: [id], client_ids: others }),
  },
} as const satisfies EntityTypeRow;

function OwnFields({ entity: { route = "" } }: OwnFieldsProps) {
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

function OwnFormFields({ inputProps }: OwnFormFieldsProps) {
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
