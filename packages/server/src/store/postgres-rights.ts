import { type RawBuilder, sql } from "kysely";
import type { ChangeKey, RightKind } from "../access/change-key.ts";
import type { RightsLocks, Trx } from "./database.ts";
import { classifyDriverError, GaveWayError } from "./driver-errors.ts";
import { areWaysFree, waysOf } from "./postgres-ways.ts";

/** So long a transaction that holds rights from its beginning begins statements. */
const heldMilliseconds = 1_000;
/** And so long each of them may take: whoever takes a right away waits for both together at most. */
const statementMilliseconds = 500;

/** The rows that stand for each kind of key: who takes a right away writes them, who relies on a right locks them. */
const rowsOf = {
  user: { table: "users", id: "id" },
  session: { table: "sessions", id: "id" },
  token: { table: "token_rights", id: "token_id" },
  domain: { table: "domains", id: "id" },
} as const satisfies Readonly<Record<RightKind, { readonly table: string; readonly id: string }>>;

/**
 * A serializable transaction may commit after another one that took away what it went by, as if it had come before.
 * These row locks forbid it: `for share` fails with 40001, upon which the transaction is run again, where the row was
 * written since the transaction began, and otherwise makes the writer wait for the commit
 * (PostgreSQL manual, 13.3.2 and 13.2.3).
 */
export const postgresRights: RightsLocks = {
  take: async (trx, keys) => {
    // Users and sessions lose rights by a change of their own row; scopes and roles stand in other tables.
    for (const kind of ["token", "domain"] as const) {
      const ids = idsOf(keys, kind);
      if (ids.length === 0) continue;
      const { table, id } = rowsOf[kind];
      const key = sql.ref(id);
      await sql`update ${sql.table(table)} set ${key} = ${key} where ${key} in (${sql.join(ids)})`.execute(
        trx,
      );
    }
  },
  hold: async (trx, keys, { taken }) => {
    const locks = Object.entries(rowsOf).flatMap(([kind, rows]) => {
      const ids = idsOf(keys, kind as RightKind);
      return ids.length === 0 ? [] : [lockRows(rows, ids)];
    });
    if (locks.length === 0) return;
    const names = locks.map(({ name }) => sql`(select count(*) from ${sql.ref(name)})`);
    // What it takes away itself it has claimed, on another connection: to this one that looks like somebody else's.
    const claimed = new Set(waysOf(taken));
    const isFree = areWaysFree(waysOf(keys).filter((way) => !claimed.has(way)));
    const { rows } = await sql<{ readonly is_free: boolean | null }>`
      with ${sql.join(locks.map(({ rows: held }) => held))}
      select ${sql.join(names)}, (${isFree}) as is_free`.execute(trx);
    if (rows[0]?.is_free === false) throw new GaveWayError();
  },
  again: async (trx, before, work) => {
    const { relied, hasGivenWay } = before;
    if (relied.length === 0 || hasGivenWay) return work(trx);
    const until = performance.now() + heldMilliseconds;
    const limited = endingAt(trx, until);
    return givingWay(async () => {
      await sql`set local statement_timeout = ${sql.lit(statementMilliseconds)}`.execute(limited);
      await postgresRights.hold(limited, relied, before);
      return work(limited);
    });
  },
};

/** What takes too long is not given up but begun again, behind whoever waits. */
async function givingWay<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw classifyDriverError(error).kind === "too_slow" ? new GaveWayError(error) : error;
  }
}

/** The same handle, on which no statement begins after that time, by `performance.now()`. */
function endingAt(trx: Trx, until: number): Trx {
  return trx.withPlugin({
    transformQuery: ({ node }) => {
      if (performance.now() > until) throw new GaveWayError();
      return node;
    },
    transformResult: async ({ result }) => result,
  });
}

function lockRows(
  { table, id }: { readonly table: string; readonly id: string },
  ids: readonly string[],
): { name: string; rows: RawBuilder<unknown> } {
  const name = `held_${table}`;
  const rows = sql`${sql.ref(name)} as materialized (
    select 1 from ${sql.table(table)} where ${sql.ref(id)} in (${sql.join(ids)}) for share
  )`;
  return { name, rows };
}

/** In one order for all, so that no two wait for each other. */
function idsOf(keys: readonly ChangeKey[], kind: RightKind): readonly string[] {
  return keys.flatMap((key) => (key.kind === kind ? [key.id] : [])).sort();
}
