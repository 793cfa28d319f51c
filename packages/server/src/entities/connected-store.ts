import { type RawBuilder, type SqlBool, sql } from "kysely";
import type { ConnectionKind } from "../store/schema.ts";
import type { Dependents, EntityKey } from "./entity-extension-store.ts";

/** How connections are written down. */
export const connectionKinds = { publish: 1, subscribe: 2 } as const satisfies Readonly<
  Record<string, ConnectionKind>
>;

/** What a list of clients or channels reads of connections to one object of the other type. */
export interface ConnectedTo {
  readonly domainId: string;
  readonly listed: "client" | "channel";
  readonly otherId: string;
  readonly kind: ConnectionKind | undefined;
}

/** Only what is connected to the other object; by that kind of connection, if one is named. */
export function connectedFilter({ domainId, listed, otherId, kind }: ConnectedTo) {
  const [own, other] = columnsOf(listed);
  const ofKind = kind === undefined ? sql`` : sql`and c.kind = ${kind}`;
  return sql<SqlBool>`e.id in (
    select ${own} from connections c where c.domain_id = ${domainId} and ${other} = ${otherId} ${ofKind}
  )`;
}

/** The column `connection_kinds`, for {@link readConnectionTypes}. */
export function connectionKindsColumn({
  domainId,
  listed,
  otherId,
}: ConnectedTo): RawBuilder<unknown> {
  const [own, other] = columnsOf(listed);
  return sql`(
    select string_agg(cast(c.kind as text), ',' order by c.kind) from connections c
    where c.domain_id = ${domainId} and ${other} = ${otherId} and ${own} = e.id
  ) as connection_kinds`;
}

/** The connections of the object whose id is in that column. */
export function connectionsOf(
  column: "channel_id" | "client_id",
  { domainId, id }: EntityKey,
): Dependents {
  return {
    name: "connections",
    remedy: "end them in parts",
    rows: sql`from connections x where x.domain_id = ${domainId} and ${sql.ref(`x.${column}`)} = ${id}`,
  };
}

export interface ConnectionKindsRow {
  /** Absent in lists that are not about connections. */
  readonly connection_kinds?: string | null;
}

const wireNames: Readonly<Record<string, string>> = { 1: "Publish", 2: "Subscribe" };

/** The kinds in the wire's words. */
export function readConnectionTypes({
  connection_kinds,
}: ConnectionKindsRow): readonly string[] | undefined {
  return connection_kinds?.split(",").map((kind) => wireNames[kind] ?? kind);
}

function columnsOf(listed: ConnectedTo["listed"]) {
  const client = sql.ref("c.client_id");
  const channel = sql.ref("c.channel_id");
  return listed === "client" ? ([client, channel] as const) : ([channel, client] as const);
}
