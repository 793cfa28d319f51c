import { type RawBuilder, sql } from "kysely";
import type { ChangeKey, ChangeKind } from "../access/change-key.ts";
import type { RightsLocks } from "./database.ts";

/** The row that stands for each kind of key: who takes a right away writes it, who relies on a right locks it. */
const tables: Readonly<Record<ChangeKind, string>> = {
  user: "users",
  session: "sessions",
  token: "tokens",
  domain: "domains",
};

/**
 * A serializable transaction may commit after another one that took away what it went by, as if it had come before.
 * These row locks forbid it: `for share` fails with 40001, upon which the transaction is run again, where the row was
 * written since the transaction began, and otherwise makes the writer wait for the commit
 * (PostgreSQL manual, 13.3.2 and 13.2.3).
 */
export const postgresRights: RightsLocks = {
  take: async (trx, keys) => {
    // Users, sessions and tokens lose rights by a change of their own row; a domain's roles stand in other tables.
    const domainIds = idsOf(keys, "domain");
    if (domainIds.length === 0) return;
    await sql`update domains set touched_at = touched_at where id in (${sql.join(domainIds)})`.execute(
      trx,
    );
  },
  hold: async (trx, keys) => {
    const locks = Object.entries(tables).flatMap(([kind, table]) => {
      const ids = idsOf(keys, kind as ChangeKind);
      return ids.length === 0 ? [] : [lockRows(table, ids)];
    });
    if (locks.length === 0) return;
    const names = locks.map(({ name }) => sql`(select count(*) from ${sql.ref(name)})`);
    await sql`with ${sql.join(locks.map(({ rows }) => rows))} select ${sql.join(names)}`.execute(
      trx,
    );
  },
};

function lockRows(
  table: string,
  ids: readonly string[],
): { name: string; rows: RawBuilder<unknown> } {
  const name = `held_${table}`;
  const rows = sql`${sql.ref(name)} as materialized (
    select 1 from ${sql.table(table)} where id in (${sql.join(ids)}) for share
  )`;
  return { name, rows };
}

/** In one order for all, so that no two wait for each other. */
function idsOf(keys: readonly ChangeKey[], kind: ChangeKind): readonly string[] {
  return keys.flatMap((key) => (key.kind === kind ? [key.id] : [])).sort();
}
