import { z } from "zod";
import { entityCreate, entityReply, entityUpdate } from "../entity.ts";
import { type EntityType, roleManagementActions } from "../entity-type.ts";
import { maximumLength } from "../limits.ts";
import { operation } from "../operation.ts";
import {
  childOperations,
  collectionOperations,
  groupedListQuery,
  parentGroupOperations,
  standardRows,
} from "../standard-operations.ts";
import { connectionType, displayText, id, metadata, text } from "../wire.ts";

const secret = text(maximumLength.clientSecret)
  .refine((value) => value.trim() !== "", { error: "must not be empty" })
  .meta({ format: "password" });
const identity = text(maximumLength.clientIdentity);
const newIdentity = displayText(maximumLength.clientIdentity);

const reply = entityReply.extend({
  parent_group_id: id.optional(),
  parent_group_path: z.string().optional(),
  credentials: z.object({ identity: identity.optional() }),
  private_metadata: z.record(z.string(), z.unknown()).optional(),
  connection_types: z.array(z.string()).optional(),
});

const withSecret = reply.extend({
  credentials: z.object({
    identity: identity.optional(),
    secret: secret.describe("Shown in this reply only"),
  }),
});

const shape = {
  type: "clients",
  singular: "client",
  create: entityCreate.extend({
    id: id.optional(),
    parent_group_id: id.optional(),
    credentials: z
      .object({
        identity: newIdentity.optional(),
        secret: secret.optional().describe("Made by the server when absent; unique in the domain"),
      })
      .default({}),
    private_metadata: metadata.default({}),
  }),
  update: entityUpdate.extend({ private_metadata: metadata.optional() }),
  reply,
  created: withSecret,
  listQuery: groupedListQuery.extend({
    channel: id.optional().describe("Connected to this channel"),
    connection_type: connectionType.optional().describe("With `channel`"),
  }),
  updateMethod: "PATCH",
} as const;

const rows = standardRows(shape);

export const clientOperations = [
  rows.view,
  rows.update,
  rows.update_tags,
  operation({
    type: "clients",
    name: "update_secret",
    summary: "Update client secret/credentials",
    action: "update",
    endpoints: [
      {
        id: "clients.update_secret",
        method: "PATCH",
        path: "/:domainId/clients/:id/secret",
        body: z.object({ secret }),
        reply: withSecret,
        takesRightsAway: true,
        status: 200,
      },
    ],
  }),
  rows.enable,
  rows.disable,
  rows.delete,
  ...parentGroupOperations("clients", "client"),
  operation({
    type: "clients",
    name: "connect_to_channel",
    summary: "Connect a client to a channel",
    action: "connect_to_channel",
    alsoFiledUnder: ["channels"],
  }),
  operation({
    type: "clients",
    name: "disconnect_from_channel",
    summary: "Disconnect a client from a channel",
    action: "connect_to_channel",
    alsoFiledUnder: ["channels"],
  }),
] as const;

const clientCollectionOperations = collectionOperations(shape, {
  member: "parent_group_id",
  operation: "groups.set_child_client",
});

const clientChildOperations = childOperations("clients", "client");

/** Devices and applications that talk on channels. */
export const clients = {
  name: "clients",
  singular: "client",
  title: "Clients",
  ownActions: [
    "update",
    "read",
    "delete",
    "set_parent_group",
    "connect_to_channel",
    ...roleManagementActions,
  ],
  operations: clientOperations,
  domainOperations: clientCollectionOperations,
  groupOperations: clientChildOperations,
  kind: "entity",
} as const satisfies EntityType;
