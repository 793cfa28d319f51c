import { sql } from "kysely";
import type { Database, Trx } from "../../store/database.ts";
import type { Row } from "../../store/schema.ts";

type AuditRow = Row<"audit_events">;
type Reading = Pick<Database, "lists">;

/** Enough that asking for them takes less time than they do, and few enough for a statement's time. */
const rowsAtOnce = 2_000;

/** All entries of all chains, or of the one, by chain and number; some at a time. */
export async function* readEntries(
  { lists }: Reading,
  only?: string,
): AsyncGenerator<readonly AuditRow[]> {
  for (let after = { chain: only ?? "", seq: 0 }; ; ) {
    let query = lists
      .selectFrom("audit_events")
      .selectAll()
      .where(sql<boolean>`(chain, seq) > (${after.chain}, ${after.seq})`)
      .orderBy("chain")
      .orderBy("seq")
      .limit(rowsAtOnce);
    if (only !== undefined) query = query.where("chain", "=", only);
    const rows = await query.execute();
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows;
    after = { chain: last.chain ?? "", seq: last.seq ?? 0 };
  }
}

/** What is in no chain, of one domain or of none, by time and id; some at a time. */
export async function* readOlder(
  { lists }: Reading,
  domainId: string | null,
): AsyncGenerator<readonly AuditRow[]> {
  for (let after = { at: -1, id: "" }; ; ) {
    const rows = await lists
      .selectFrom("audit_events")
      .selectAll()
      .where("domain_id", domainId === null ? "is" : "=", domainId)
      .where("seq", "is", null)
      .where(sql<boolean>`(at, id) > (${after.at}, ${after.id})`)
      .orderBy("at")
      .orderBy("id")
      .limit(rowsAtOnce)
      .execute();
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows;
    after = last;
  }
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

export async function listCuts({ lists }: Reading): Promise<readonly Row<"audit_cuts">[]> {
  return lists.selectFrom("audit_cuts").selectAll().orderBy("chain").execute();
}

export async function listDomainIds({ lists }: Reading): Promise<readonly string[]> {
  const rows = await lists.selectFrom("domains").select("id").execute();
  return rows.map(({ id }) => id);
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
