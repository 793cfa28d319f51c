import { IconDeviceDesktop } from "@tabler/icons-react";
import { api } from "../api/client.ts";
import { lazyPart } from "../ui/lazy-part.tsx";
import type { EntityTypeRow } from "./entity-type-row.ts";
import {
  connectionsTab,
  informationTab,
  parentGroupCalls,
  plainEntity,
  putOneByOne,
} from "./shared-by-entities.ts";

const parent = parentGroupCalls(api.clients);

export const clients = {
  ...plainEntity,
  Icon: IconDeviceDesktop,
  description: "Devices and applications that talk on channels.",
  provisioning: [
    "domains.create_clients",
    "domains.list_clients",
    "clients.view",
    "clients.update",
    "clients.update_tags",
    "clients.update_secret",
    "clients.enable",
    "clients.set_parent_group",
    "clients.connect_to_channel",
  ],
  Notice: lazyPart(async () => (await import("./client-secret.tsx")).NewClientSecret),
  OwnFields: lazyPart(async () => (await import("./client-fields.tsx")).ClientFields),
  OwnFormFields: lazyPart(async () => (await import("./client-fields.tsx")).ClientFormFields),
  ownBody: (values) => {
    const secret = values.secret.trim();
    const identity = values.identity.trim();
    return { credentials: { ...(secret && { secret }), ...(identity && { identity }) } };
  },
  importColumns: ["secret", "identity", "parent_group_id", "private_metadata"],
  tabs: [informationTab, connectionsTab],
  alsoLost: "Its connections, its roles and its secret are gone for good.",
  parent,
  inGroup: "clients",
  putIntoGroup: putOneByOne(parent),
  connections: {
    other: "channels",
    filter: "client",
    connectOperation: "connect_to_channel",
    disconnectOperation: "disconnect_from_channel",
    idsOf: (id, others) => ({ channel_ids: others, client_ids: [id] }),
  },
} as const satisfies EntityTypeRow;
