import { sql } from "kysely";
import type { Database } from "../../../store/database.ts";
import { jsonRows } from "../../../store/json-rows.ts";

/** Each may have some hundred rows. */
const daysAtOnce = 50;

/** Removes some days of some tokens, with the addresses that were not seen since; returns how many days. */
export async function deleteDaysBefore(database: Database, before: number): Promise<number> {
  const firstKept = new Date(before).toISOString().slice(0, 10);
  return database.inTransaction(async (trx) => {
    const days = await trx
      .selectFrom("token_daily_use")
      .where("day", "<", firstKept)
      .select(["token_id", "day"])
      .orderBy("day")
      .orderBy("token_id")
      .limit(daysAtOnce)
      .execute();
    if (days.length === 0) return 0;
    const rows = days.map(({ token_id, day }) => [token_id, day]);
    const given = jsonRows(database, { token_id: "text", day: "text" }, rows);
    for (const table of ["token_use", "token_daily_use"] as const) {
      await sql`delete from ${sql.table(table)}
        where (token_id, day) in (select v.token_id, v.day from ${given} as v)`.execute(trx);
    }
    await sql`delete from token_addresses
      where last_at < ${before} and token_id in (select v.token_id from ${given} as v)`.execute(
      trx,
    );
    return days.length;
  });
}

export async function deleteGapsBefore(database: Database, before: number): Promise<void> {
  await database.inTransaction(async (trx) => {
    await trx.deleteFrom("usage_gaps").where("to_at", "<", before).execute();
  });
}
