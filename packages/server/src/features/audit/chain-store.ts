import { sql } from "kysely";
import type { Database, Trx } from "../../store/database.ts";
import { forEachChunk } from "../../store/row-chunks.ts";
import type { Row } from "../../store/schema.ts";
import { readPieces, recordBytes } from "./record-pieces-store.ts";

type AuditRow = Row<"audit_events">;
type Reading = Pick<Database, "lists">;
type Streaming = Pick<Database, "dialect" | "lists">;

/** The place of a record in the order of lists. */
export interface Place {
  readonly at: number;
  readonly id: string;
}

/** Enough that asking for them takes less time than they do, and few enough for a statement's time. */
const rowsAtOnce = 2_000;

/** All entries of all chains, or of the one, by chain and number; some at a time. */
export async function* readEntries(
  database: Streaming,
  only?: string,
): AsyncGenerator<readonly AuditRow[]> {
  for (let after = { chain: only ?? "", seq: 0 }; ; ) {
    let query = database.lists
      .selectFrom("audit_events")
      .select(["id", "chain", "seq", recordBytes])
      .where(sql<boolean>`(chain, seq) > (${after.chain}, ${after.seq})`)
      .orderBy("chain")
      .orderBy("seq")
      .limit(rowsAtOnce);
    if (only !== undefined) query = query.where("chain", "=", only);
    const records = await query.execute();
    const last = records.at(-1);
    if (last === undefined) return;
    yield* readPieces(database, records);
    after = { chain: last.chain ?? "", seq: last.seq ?? 0 };
  }
}

/** What has no place in a chain, of one domain or of none, by time and id; some at a time. */
export async function* readOlder(
  database: Streaming,
  domainId: string | null,
): AsyncGenerator<readonly AuditRow[]> {
  for (let after: Place | undefined; ; ) {
    let query = database.lists
      .selectFrom("audit_events")
      .select(["id", "at", recordBytes])
      .where("domain_id", domainId === null ? "is" : "=", domainId)
      .where("seq", "is", null)
      .orderBy("at")
      .orderBy("id")
      .limit(rowsAtOnce);
    if (after !== undefined)
      query = query.where(sql<boolean>`(at, id) > (${after.at}, ${after.id})`);
    const records = await query.execute();
    after = records.at(-1);
    if (after === undefined) return;
    yield* readPieces(database, records);
  }
}

const strayAtOnce = 100;

/** Some of what has a place and no chain, or none that there is: no server writes that. */
export async function listStray({ lists }: Reading): Promise<readonly AuditRow[]> {
  return lists
    .selectFrom("audit_events")
    .selectAll()
    .where((row) =>
      row.or([
        row.and([row("seq", "is not", null), row("chain", "is", null)]),
        row("chain", "=", ""),
        row("seq", "<", 1),
      ]),
    )
    .limit(strayAtOnce)
    .execute();
}

/** Whose records are in no chain; `null`: the platform's. */
export async function listDomainsWithOlder({
  lists,
}: Reading): Promise<readonly (string | null)[]> {
  const rows = await lists
    .selectFrom("audit_events")
    .select("domain_id")
    .distinct()
    .where("seq", "is", null)
    .execute();
  return rows.map(({ domain_id }) => domain_id);
}

/** Where the chain begins, if not with its first entry. */
export async function findCut(
  db: Trx | Database["read"],
  chain: string,
): Promise<Row<"audit_cuts"> | undefined> {
  return db.selectFrom("audit_cuts").selectAll().where("chain", "=", chain).executeTakeFirst();
}

export async function listCuts({ lists }: Reading): Promise<readonly Row<"audit_cuts">[]> {
  return lists.selectFrom("audit_cuts").selectAll().orderBy("chain").execute();
}

export async function listDomainIds({ lists }: Reading): Promise<readonly string[]> {
  const rows = await lists.selectFrom("domains").select("id").execute();
  return rows.map(({ id }) => id);
}

/** Of the entry with that number; `undefined`: it is not there. */
export async function findHash(
  { read }: Pick<Database, "read">,
  chain: string,
  seq: number,
): Promise<string | null | undefined> {
  const row = await read
    .selectFrom("audit_events")
    .select("hash")
    .where("chain", "=", chain)
    .where("seq", "=", seq)
    .executeTakeFirst();
  return row?.hash;
}

export async function findEntry(
  { read }: Pick<Database, "read">,
  { chain, seq }: { readonly chain: string; readonly seq: number },
): Promise<AuditRow | undefined> {
  return read
    .selectFrom("audit_events")
    .selectAll()
    .where("chain", "=", chain)
    .where("seq", "=", seq)
    .executeTakeFirst();
}

/** Whether the chain has an entry. */
export async function isBegun(db: Trx | Database["read"], chain: string): Promise<boolean> {
  const row = await db
    .selectFrom("audit_events")
    .select("seq")
    .where("chain", "=", chain)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * How far chains reach, by chain; `since`: only those with a record of that time, in milliseconds since the epoch, or a
 * later one.
 */
export async function listHeads(
  { lists }: Reading,
  since?: number,
): Promise<readonly { chain: string; seq: number; hash: string; count: number }[]> {
  // From one chain to the next by the index, whatever they hold.
  const all = sql`select min(chain) as chain from audit_events where chain is not null
    union all select (select min(e.chain) from audit_events e where e.chain > c.chain)
    from chains c where c.chain is not null`;
  const recent = sql`select distinct chain from audit_events where at >= ${since ?? 0}`;
  const { rows } = await sql<{ chain: string; seq: number; hash: string; cut: number }>`
    with recursive chains (chain) as (${since === undefined ? all : recent})
    select e.chain, e.seq, e.hash, coalesce(k.seq, 0) as cut
    from chains c
    join audit_events e on e.chain = c.chain
      and e.seq = (select max(m.seq) from audit_events m where m.chain = c.chain)
    left join audit_cuts k on k.chain = c.chain
    order by e.chain`.execute(lists);
  return rows.map(({ cut, ...head }) => ({ ...head, count: head.seq - cut }));
}

/** Which of these domains there are. */
export async function findDomainsThatExist(
  { read }: Pick<Database, "read">,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  await forEachChunk(ids, async (chunk) => {
    const rows = await read.selectFrom("domains").select("id").where("id", "in", chunk).execute();
    for (const { id } of rows) found.add(id);
  });
  return found;
}

export async function findRecord(
  { read }: Pick<Database, "read">,
  id: string,
): Promise<AuditRow | undefined> {
  return read.selectFrom("audit_events").selectAll().where("id", "=", id).executeTakeFirst();
}
