import { Code } from "@mantine/core";
import { IconBroadcast } from "@tabler/icons-react";
import { api } from "../api/client.ts";
import { lazyPart } from "../ui/lazy-part.tsx";
import { Name } from "../ui/name.tsx";
import type { EntityTypeRow } from "./entity-type-row.ts";
import {
  connectionsTab,
  informationTab,
  parentGroupCalls,
  plainEntity,
  putOneByOne,
} from "./shared-by-entities.ts";

const parent = parentGroupCalls(api.channels);

export const channels = {
  ...plainEntity,
  Icon: IconBroadcast,
  description: "What clients publish to and subscribe to.",
  provisioning: ["domains.list_channels", "channels.view", "channels.connect_client"],
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
  OwnFields: lazyPart(async () => (await import("./channel-fields.tsx")).ChannelFields),
  OwnFormFields: lazyPart(async () => (await import("./channel-fields.tsx")).ChannelFormFields),
  ownBody: (values) => {
    const route = values.route.trim();
    return route === "" ? {} : { route };
  },
  importColumns: ["route", "parent_group_id"],
  tabs: [informationTab, connectionsTab],
  alsoLost: "Its connections and its roles are gone for good.",
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
