import { type SelectQueryBuilder, sql } from "kysely";
import type { Database } from "../../store/database.ts";
import type { AuditOutcome, Row, Schema } from "../../store/schema.ts";
import type { Place } from "./chain-store.ts";
import { readPieces, recordBytes } from "./record-pieces-store.ts";

/** Which records are wanted; what is `undefined` does not matter. Times are milliseconds since the epoch. */
export interface RecordFilter {
  /** `null`: of no domain. */
  readonly domainId?: string | null | undefined;
  /** Only what was done with one of this user's tokens. */
  readonly ownerOfTokens?: string | undefined;
  readonly actor?: string | undefined;
  readonly token?: string | undefined;
  readonly operation?: string | undefined;
  readonly object?: string | undefined;
  readonly outcome?: AuditOutcome | undefined;
  readonly address?: string | undefined;
  readonly from?: number | undefined;
  /** The first moment that is not wanted any more. */
  readonly to?: number | undefined;
}

export interface NamedRecord extends Row<"audit_events"> {
  readonly user_name: string | null;
  readonly token_name: string | null;
}

type Reading = Pick<Database, "dialect" | "lists" | "inTime">;

/** One page holds so much; records are few where they hold very much. */
const pageBytes = 1024 * 1024;

/** Newest first, behind that place; `hasMore`: there are others behind them. */
export async function listRecords(
  database: Reading,
  filter: RecordFilter,
  { after, limit }: { readonly after: Place | undefined; readonly limit: number },
): Promise<{ readonly records: readonly NamedRecord[]; readonly hasMore: boolean }> {
  let query = narrow(database, database.lists.selectFrom("audit_events as e"), filter)
    .leftJoin("users as u", "u.id", "e.actor_user_id")
    .leftJoin("tokens as t", "t.id", "e.token_id")
    .select(["e.id", "u.username as user_name", "t.name as token_name", recordBytes])
    .orderBy("e.at", "desc")
    .orderBy("e.id", "desc")
    .limit(limit + 1);
  if (after !== undefined) {
    // The first for the index, which has the time alone.
    query = query
      .where("e.at", "<=", after.at)
      .where(sql<boolean>`(e.at, e.id) < (${after.at}, ${after.id})`);
  }
  const found = await query.execute();
  let size = 0;
  const count = found.findIndex(({ bytes }, index) => {
    size += bytes;
    return index === limit || (index > 0 && size > pageBytes);
  });
  const shown = count === -1 ? found : found.slice(0, count);
  const names = new Map(
    shown.map(({ id, user_name, token_name }) => [id, { user_name, token_name }]),
  );
  const records: NamedRecord[] = [];
  for await (const rows of readPieces(database, shown)) {
    const none = { user_name: null, token_name: null };
    records.push(...rows.map((row) => ({ ...row, ...(names.get(row.id) ?? none) })));
  }
  return { records, hasMore: count !== -1 };
}

const streamedAtOnce = 1_000;

/**
 * All of them, some at a time: what is older than the chains by time, then by chain and number, as it is verified.
 * `chains`: only these.
 */
export async function* streamRecords(
  database: Reading,
  filter: RecordFilter,
  chains: readonly string[] | undefined,
): AsyncGenerator<readonly Row<"audit_events">[]> {
  for (let after: Place | undefined; ; ) {
    let query = narrow(database, database.lists.selectFrom("audit_events as e"), filter)
      .select(["e.id", "e.at", recordBytes])
      .where("e.seq", "is", null)
      .orderBy("e.at")
      .orderBy("e.id")
      .limit(streamedAtOnce);
    if (after !== undefined) {
      query = query
        .where("e.at", ">=", after.at)
        .where(sql<boolean>`(e.at, e.id) > (${after.at}, ${after.id})`);
    }
    const records = await query.execute();
    after = records.at(-1);
    if (after === undefined) break;
    yield* readPieces(database, records);
  }
  for (const chain of chains ?? [undefined]) yield* streamChains(database, filter, chain);
}

async function* streamChains(
  database: Reading,
  filter: RecordFilter,
  only: string | undefined,
): AsyncGenerator<readonly Row<"audit_events">[]> {
  for (let after = { chain: only ?? "", seq: 0 }; ; ) {
    let query = narrow(database, database.lists.selectFrom("audit_events as e"), filter)
      .select(["e.id", "e.chain", "e.seq", recordBytes])
      .orderBy("e.chain")
      .orderBy("e.seq")
      .limit(streamedAtOnce);
    query =
      only === undefined
        ? query.where(sql<boolean>`(e.chain, e.seq) > (${after.chain}, ${after.seq})`)
        : query.where("e.chain", "=", only).where("e.seq", ">", after.seq);
    const records = await query.execute();
    const last = records.at(-1);
    if (last === undefined) return;
    yield* readPieces(database, records);
    after = { chain: last.chain ?? "", seq: last.seq ?? 0 };
  }
}

type Records = SelectQueryBuilder<Schema & { e: Schema["audit_events"] }, "e", unknown>;

function narrow(database: Reading, records: Records, filter: RecordFilter): Records {
  const { domainId, ownerOfTokens, from, to } = filter;
  const equal = {
    "e.actor_user_id": filter.actor ?? ownerOfTokens,
    "e.token_id": filter.token,
    "e.action": filter.operation,
    "e.entity_id": filter.object,
    "e.outcome": filter.outcome,
    "e.address": filter.address,
  } as const;
  let query = records.where(database.inTime(sql`e.id`));
  for (const [column, value] of Object.entries(equal)) {
    if (value !== undefined) query = query.where(sql.ref(column), "=", value);
  }
  if (domainId !== undefined) {
    query = query.where("e.domain_id", domainId === null ? "is" : "=", domainId);
  }
  if (ownerOfTokens !== undefined) query = query.where("e.token_id", "is not", null);
  if (from !== undefined) query = query.where("e.at", ">=", from);
  if (to !== undefined) query = query.where("e.at", "<", to);
  return query;
}
