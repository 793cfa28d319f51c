import { AppError, type channelOperations, type EndpointsOf } from "@tessera/contract";
import type { Actor } from "../../access/actor.ts";
import type { Change } from "../../changes/change-hub.ts";
import type { EventInput } from "../../changes/recorded-event.ts";
import type { Deps } from "../../deps.ts";
import { connectionKinds } from "../../entities/connected-store.ts";
import type { Handlers } from "../../http/endpoint-handlers.ts";
import type { Trx } from "../../store/database.ts";
import { isDuplicate } from "../../store/driver-errors.ts";
import {
  type Connection,
  type Connections,
  deleteConnections,
  findConnection,
  findStatuses,
  insertConnections,
} from "./connection-store.ts";

type ConnectionEndpoint = Extract<
  EndpointsOf<typeof channelOperations>,
  { readonly id: `channels.${"connect" | "disconnect"}${"" | "_many"}` }
>;

interface Wanted {
  readonly client_ids: readonly string[];
  readonly types: readonly (keyof typeof connectionKinds)[];
}

/** Connects clients to channels and disconnects them: all that a request names, or nothing. */
export function connectionHandlers(deps: Deps): Handlers<ConnectionEndpoint> {
  return {
    "channels.connect": ({ params, body, actor }) =>
      connect(actor, toConnections(params.domainId, [params.id], body)),
    "channels.connect_many": ({ params, body, actor }) =>
      connect(actor, toConnections(params.domainId, body.channel_ids, body)),
    "channels.disconnect": ({ params, body, actor }) =>
      disconnect(actor, toConnections(params.domainId, [params.id], body), { isOfPath: true }),
    "channels.disconnect_many": ({ params, body, actor }) =>
      disconnect(actor, toConnections(params.domainId, body.channel_ids, body)),
  };

  async function connect(actor: Actor, connections: Connections): Promise<undefined> {
    try {
      await deps.hub.change(actor, async ({ trx, record }) => {
        await requireEnabled(trx, connections, "channels");
        await requireEnabled(trx, connections, "clients");
        await refuseExisting(trx, connections);
        await insertConnections(trx, connections);
        recordOn(record, "channels.connect", connections);
      });
    } catch (error) {
      if (!isDuplicate(error, "connections_pkey")) throw error;
      throw new AppError("already_exists", "One of the connections exists already");
    }
  }

  /** Connections that are not there are no error; the channel of the path must be. */
  async function disconnect(
    actor: Actor,
    connections: Connections,
    { isOfPath } = { isOfPath: false },
  ): Promise<undefined> {
    await deps.hub.change(actor, async ({ trx, record }) => {
      const { domainId, channelIds } = connections;
      if (isOfPath && (await findStatuses(trx, domainId, "channels", channelIds)).size === 0) {
        throw new AppError("not_found", "There is no such channel");
      }
      for (const ended of byKinds(domainId, await deleteConnections(trx, connections))) {
        recordOn(record, "channels.disconnect", ended);
      }
    });
  }
}

/** Of each channel the clients that were connected in the same way; nothing else than what was there. */
function byKinds(domainId: string, found: readonly Connection[]): readonly Connections[] {
  const ofChannels = Map.groupBy(found, ({ channel_id }) => channel_id);
  return [...ofChannels].flatMap(([channelId, connections]) => {
    const ofClients = Map.groupBy(connections, ({ client_id }) => client_id);
    const kindsOf = (clientId: string) =>
      (ofClients.get(clientId) ?? []).map(({ kind }) => kind).toSorted((a, b) => a - b);
    const alike = Map.groupBy(ofClients.keys(), (clientId) => kindsOf(clientId).join());
    return [...alike.values()].map((clientIds) => ({
      domainId,
      channelIds: [channelId],
      clientIds,
      kinds: kindsOf(clientIds[0] ?? ""),
    }));
  });
}

/** On each of the channels. */
function recordOn(
  record: Change["record"],
  name: EventInput["name"],
  { domainId, channelIds, clientIds, kinds }: Connections,
): void {
  const details = { client_ids: clientIds, types: kinds.map(nameOfKind) };
  for (const entityId of channelIds) record({ name, domainId, entityId, details });
}

function toConnections(
  domainId: string,
  channelIds: readonly string[],
  { client_ids, types }: Wanted,
): Connections {
  return {
    domainId,
    channelIds: [...new Set(channelIds)],
    clientIds: [...new Set(client_ids)],
    kinds: [...new Set(types.map((type) => connectionKinds[type]))],
  };
}

async function requireEnabled(
  trx: Trx,
  { domainId, channelIds, clientIds }: Connections,
  type: "channels" | "clients",
): Promise<void> {
  const [ids, member, singular] =
    type === "channels"
      ? ([channelIds, "channel_ids", "channel"] as const)
      : ([clientIds, "client_ids", "client"] as const);
  const statuses = await findStatuses(trx, domainId, type, ids);
  for (const id of ids) {
    const status = statuses.get(id);
    if (status === "enabled") continue;
    throw status === undefined
      ? new AppError("not_found", `There is no ${singular} ${id} in this domain`, { field: member })
      : new AppError("conflict", `The ${singular} ${id} is disabled; enable it first`, {
          field: member,
        });
  }
}

async function refuseExisting(trx: Trx, connections: Connections): Promise<void> {
  const found = await findConnection(trx, connections);
  if (found === undefined) return;
  throw new AppError(
    "already_exists",
    `The client ${found.client_id} is connected to the channel ${found.channel_id} already, to ${nameOfKind(found.kind)}`,
  );
}

function nameOfKind(kind: number): string {
  return kind === connectionKinds.publish ? "publish" : "subscribe";
}
