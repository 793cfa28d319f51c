import { SqliteAdapter, sql } from "kysely";
import type { Trx } from "./database.ts";
import { forEachChunk } from "./row-chunks.ts";
import type { NewRow, Schema } from "./schema.ts";

/** So few go quicker as a statement of their own, which a transaction need not wait for. */
const fewRows = 4;

/**
 * Adds rows, all with the same members, to a table; those that are `undefined` become null. Many are sent as one JSON
 * text: making a statement with a parameter for each value held up the thread that answers for as long as all else of
 * a large creation together.
 */
export async function insertRows<Table extends keyof Schema & string>(
  trx: Trx,
  table: Table,
  rows: readonly NewRow<Table>[],
): Promise<void> {
  await forEachChunk(rows, async (chunk) => {
    if (chunk.length <= fewRows) await trx.insertInto(table).values(chunk).execute();
    else await insertText(trx, table, Object.keys(chunk[0] ?? {}), JSON.stringify(chunk));
  });
}

async function insertText(
  trx: Trx,
  table: string,
  columns: readonly string[],
  text: string,
): Promise<void> {
  const names = sql.join(columns.map((column) => sql.ref(column)));
  const isSqlite = trx.getExecutor().adapter instanceof SqliteAdapter;
  const rows = isSqlite
    ? sql`select ${sql.join(columns.map((column) => sql`value ->> ${sql.lit(column)}`))} from jsonb_each(${text})`
    : sql`select ${names} from json_populate_recordset(cast(null as ${sql.table(table)}), ${text})`;
  await sql`insert into ${sql.table(table)} (${names}) ${rows}`.execute(trx);
}
