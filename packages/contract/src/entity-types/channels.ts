import { z } from "zod";
import { entityCreate, entityReply, entityUpdate } from "../entity.ts";
import { type EntityType, roleManagementActions } from "../entity-type.ts";
import { maximumCount, routePattern, uuidPattern } from "../limits.ts";
import { type Need, operation } from "../operation.ts";
import {
  childOperations,
  collectionOperations,
  groupedListQuery,
  parentGroupOperations,
  standardOperations,
} from "../standard-operations.ts";
import { connectionType, id } from "../wire.ts";

const reply = entityReply.extend({
  parent_group_id: id.optional(),
  parent_group_path: z.string().optional(),
  route: z.string().optional(),
  connection_types: z.array(z.string()).optional(),
});

/** A short name for addresses: a letter, then up to 35 letters, digits, single `_` or `-`. */
export const route = z
  .string()
  .regex(routePattern, {
    error: "must be a letter followed by up to 35 letters, digits, single _ or -",
  })
  .refine((value) => !/__|--/.test(value), { error: "must not contain __ or --" });

/** What looks like an id, in letters of any case, is one to whoever reads it. */
const channelRoute = route.refine((value) => !uuidPattern.test(value.toLowerCase()), {
  error: "must not be a UUID, which is the form of ids",
});

const shape = {
  type: "channels",
  singular: "channel",
  create: entityCreate.extend({
    id: id.optional(),
    parent_group_id: id.optional(),
    route: channelRoute.optional().describe("Unique in the domain in letters of any case; no UUID"),
  }),
  update: entityUpdate,
  reply,
  created: reply,
  listQuery: groupedListQuery.extend({
    client: id.optional().describe("Connected to this client"),
    connection_type: connectionType.optional().describe("With `client`"),
  }),
  updateMethod: "PATCH",
} as const;

const ids = z.array(id).min(1, { error: "must not be empty" }).max(maximumCount.objects);
const types = z.array(connectionType).min(1, { error: "must not be empty" });
const ofOneChannel = z.object({ client_ids: ids, types });
const ofManyChannels = z
  .object({ channel_ids: ids, client_ids: ids, types })
  .superRefine((wanted, context) => {
    const sizes = [wanted.channel_ids, wanted.client_ids, wanted.types].map(
      (list) => new Set<string>(list).size,
    );
    const count = sizes.reduce((product, size) => product * size, 1);
    if (count <= maximumCount.connections) return;
    context.addIssue({
      code: "custom",
      path: ["client_ids"],
      message: `with these channels and types would be ${count} connections; at most ${maximumCount.connections} at once`,
    });
  });

const channelIdsOfBody = { from: "body", member: "channel_ids" } as const;
const eachClientNeeds = (operationId: string): readonly Need[] => [
  { operation: operationId, on: { from: "body", member: "client_ids" } },
];

export const channelOperations = [
  ...standardOperations(shape),
  ...parentGroupOperations("channels", "channel"),
  operation({
    type: "channels",
    name: "connect_client",
    summary: "Connect a client to the channel",
    action: "connect_to_client",
    endpoints: [
      {
        id: "channels.connect",
        method: "POST",
        path: "/:domainId/channels/:id/connect",
        body: ofOneChannel,
        status: 201,
        alsoNeeds: eachClientNeeds("clients.connect_to_channel"),
      },
      {
        id: "channels.connect_many",
        method: "POST",
        path: "/:domainId/channels/connect",
        summary: "Connect clients to channels: every channel with every client",
        body: ofManyChannels,
        status: 201,
        on: channelIdsOfBody,
        alsoNeeds: eachClientNeeds("clients.connect_to_channel"),
      },
    ],
  }),
  operation({
    type: "channels",
    name: "disconnect_client",
    summary: "Disconnect a client from the channel",
    action: "connect_to_client",
    endpoints: [
      {
        id: "channels.disconnect",
        method: "POST",
        path: "/:domainId/channels/:id/disconnect",
        body: ofOneChannel,
        takesRightsAway: true,
        status: 204,
        alsoNeeds: eachClientNeeds("clients.disconnect_from_channel"),
      },
      {
        id: "channels.disconnect_many",
        method: "POST",
        path: "/:domainId/channels/disconnect",
        summary: "Disconnect clients from channels: every channel from every client",
        body: ofManyChannels,
        takesRightsAway: true,
        status: 204,
        on: channelIdsOfBody,
        alsoNeeds: eachClientNeeds("clients.disconnect_from_channel"),
      },
    ],
  }),
] as const;

const channelCollectionOperations = collectionOperations(shape, {
  member: "parent_group_id",
  operation: "groups.set_child_channel",
});

const channelChildOperations = childOperations("channels", "channel");

/** What clients publish to and subscribe to. */
export const channels = {
  name: "channels",
  singular: "channel",
  title: "Channels",
  ownActions: [
    "update",
    "read",
    "delete",
    "set_parent_group",
    "connect_to_client",
    "publish",
    "subscribe",
    ...roleManagementActions,
  ],
  operations: channelOperations,
  domainOperations: channelCollectionOperations,
  groupOperations: channelChildOperations,
  kind: "entity",
} as const satisfies EntityType;
