import { sql } from "kysely";
import type { SqlCondition, Trx } from "./database.ts";
import type { Schema } from "./schema.ts";

/** So many rows go in less than a tenth of a second, and hold up nobody else. */
export const rowsOfPart = 5_000;

/** Deletes so many at most of the rows for which the condition is true; how many it were: fewer, and none is left. */
export async function deleteSome(
  trx: Trx,
  table: keyof Schema,
  primaryKey: readonly string[],
  condition: SqlCondition,
  most: number = rowsOfPart,
): Promise<number> {
  const key = sql.join(primaryKey.map((column) => sql.ref(column)));
  const { rows } = await sql`
    delete from ${sql.table(table)} where (${key}) in (
      select ${key} from ${sql.table(table)} where ${condition} limit ${most}
    ) returning 1 as one`.execute(trx);
  return rows.length;
}

const hangingOnTokens = [
  ["token_use", ["token_id", "day", "operation", "domain_id", "entity_id"]],
  ["token_quarter_use", ["token_id", "starts_at"]],
  ["token_scopes", ["id"]],
] as const;

/** Deletes so many at most of the uses and scopes of these tokens; likewise. */
export async function shrinkTokens(
  trx: Trx,
  tokenIds: readonly string[],
  most: number = rowsOfPart,
): Promise<number> {
  if (tokenIds.length === 0) return 0;
  const areTheirs = sql<boolean>`token_id in (${sql.join(tokenIds)})`;
  let deleted = 0;
  for (const [table, key] of hangingOnTokens) {
    if (deleted < most) deleted += await deleteSome(trx, table, key, areTheirs, most - deleted);
  }
  return deleted;
}
