import type { channels } from "@tessera/contract";
import {
  type ConnectedTo,
  type ConnectionKindsRow,
  connectedFilter,
  connectionKinds,
  connectionKindsColumn,
  connectionsOf,
  readConnectionTypes,
} from "../../entities/connected-store.ts";
import { takenProblem } from "../../entities/entity-creation.ts";
import type {
  Creation,
  EntityExtension,
  InputOfType,
  ListRequest,
} from "../../entities/entity-extension-store.ts";
import type { Trx } from "../../store/database.ts";
import { findTakenRoutes, insertChannels } from "./channel-store.ts";

interface ChannelColumns extends ConnectionKindsRow {
  readonly route: string | null;
}

type ChannelBody = InputOfType<typeof channels, "create">["body"];
type ChannelQuery = InputOfType<typeof channels, "list">["query"];

/** Channels have a route and connections. */
export function channelExtension(): EntityExtension<typeof channels, ChannelColumns> {
  return {
    columns: ["d.route"],
    join: "join channel_details d on d.domain_id = e.domain_id and d.id = e.id",
    uniqueMembers: { channel_route: "route" },

    reply: (row) => ({
      route: row.route ?? undefined,
      connection_types: readConnectionTypes(row),
    }),

    insert: async (trx, creation) => {
      await refuseTakenRoutes(trx, creation);
      await insertChannels(
        trx,
        creation.entities.map(({ id, body }) => ({
          domain_id: creation.domainId,
          id,
          route: body.route ?? null,
        })),
      );
      return [];
    },

    dependents: (key) => connectionsOf("channel_id", key),

    listFilters: (request) => {
      const connected = connectedTo(request);
      return connected === undefined ? [] : [connectedFilter(connected)];
    },

    listColumns: (request) => {
      const connected = connectedTo(request);
      return connected === undefined ? [] : [connectionKindsColumn(connected)];
    },
  };
}

async function refuseTakenRoutes(
  trx: Trx,
  { domainId, entities, fieldOf }: Creation<ChannelBody>,
): Promise<void> {
  const chosen = entities.flatMap(({ body }) => body.route ?? []);
  const taken = new Set<string>(await findTakenRoutes(trx, domainId, chosen));
  for (const [index, { body }] of entities.entries()) {
    if (body.route === undefined) continue;
    const route = body.route.toLowerCase();
    if (taken.has(route)) throw takenProblem(fieldOf(index, "route"));
    taken.add(route);
  }
}

function connectedTo({ domainId, query }: ListRequest<ChannelQuery>): ConnectedTo | undefined {
  const { client, connection_type } = query;
  if (client === undefined) return undefined;
  return {
    domainId,
    listed: "channel",
    otherId: client,
    kind: connection_type && connectionKinds[connection_type],
  };
}
