import { sql } from "kysely";
import type { Database, Sql } from "./database.ts";

type ColumnType = "text" | "bigint";

/**
 * Rows as a table for `from`, sent as one JSON text: the statement is the same for any number of rows. Each row has its
 * values in the order of the columns.
 */
export function jsonRows(
  { dialect }: Pick<Database, "dialect">,
  columns: Readonly<Record<string, ColumnType>>,
  rows: readonly (readonly (string | number | null)[])[],
): Sql {
  const text = JSON.stringify(rows);
  const elements =
    dialect === "sqlite"
      ? sql`jsonb_each(${text})`
      : sql`jsonb_array_elements(cast(${text} as jsonb))`;
  const values = Object.entries(columns).map(
    ([name, type], index) =>
      sql`cast(value ->> ${sql.lit(index)} as ${sql.raw(type)}) as ${sql.ref(name)}`,
  );
  return sql`(select ${sql.join(values)} from ${elements})`;
}
