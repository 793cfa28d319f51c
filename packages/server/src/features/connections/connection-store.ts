import { sql } from "kysely";
import type { Trx } from "../../store/database.ts";
import type { ConnectionKind, EntityStatus, Row } from "../../store/schema.ts";

/** Every channel with every client, by every kind. */
export interface Connections {
  readonly domainId: string;
  readonly channelIds: readonly string[];
  readonly clientIds: readonly string[];
  readonly kinds: readonly ConnectionKind[];
}

/** One client with one channel. */
export type Connection = Pick<Row<"connections">, "channel_id" | "client_id" | "kind">;

/** The status of these objects of one type; of those that exist. */
export async function findStatuses(
  trx: Trx,
  domainId: string,
  type: "clients" | "channels",
  ids: readonly string[],
): Promise<ReadonlyMap<string, EntityStatus>> {
  const rows = await trx
    .selectFrom("entities")
    .select(["id", "status"])
    .where("domain_id", "=", domainId)
    .where("type", "=", type)
    .where("id", "in", ids)
    .execute();
  return new Map(rows.map(({ id, status }) => [id, status]));
}

/** One of these connections, if any exists. */
export async function findConnection(trx: Trx, connections: Connections) {
  const { domainId, channelIds, clientIds, kinds } = connections;
  return trx
    .selectFrom("connections")
    .select(["channel_id", "client_id", "kind"])
    .where("domain_id", "=", domainId)
    .where("channel_id", "in", channelIds)
    .where("client_id", "in", clientIds)
    .where("kind", "in", kinds)
    .limit(1)
    .executeTakeFirst();
}

export async function insertConnections(trx: Trx, connections: Connections): Promise<void> {
  const { domainId, channelIds, clientIds, kinds } = connections;
  for (const kind of kinds) {
    await sql`
      insert into connections (domain_id, channel_id, client_id, kind)
      select ch.domain_id, ch.id, cl.id, cast(${kind} as bigint)
      from channel_details ch join client_details cl on cl.domain_id = ch.domain_id
      where ch.domain_id = ${domainId}
        and ch.id in (${sql.join(channelIds)}) and cl.id in (${sql.join(clientIds)})`.execute(trx);
  }
}

/** Returns those that were there. */
export async function deleteConnections(
  trx: Trx,
  connections: Connections,
): Promise<readonly Connection[]> {
  const { domainId, channelIds, clientIds, kinds } = connections;
  return trx
    .deleteFrom("connections")
    .where("domain_id", "=", domainId)
    .where("channel_id", "in", channelIds)
    .where("client_id", "in", clientIds)
    .where("kind", "in", kinds)
    .returning(["channel_id", "client_id", "kind"])
    .execute();
}
