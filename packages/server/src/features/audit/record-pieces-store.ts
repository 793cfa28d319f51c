import { sql } from "kysely";
import type { Database } from "../../store/database.ts";
import { jsonRows } from "../../store/json-rows.ts";
import type { Row } from "../../store/schema.ts";

/** So much of the trail one reader has in memory at once, and one record more. */
const pieceBytes = 256 * 1024;

/** A record, and how much it holds. */
export interface WeighedRecord {
  readonly id: string;
  readonly bytes: number;
}

/** Of a record: all else of it is small. Asking for it reads no details. */
export const recordBytes = sql<number>`octet_length(details)`.as("bytes");

/** Those records in that order, without those that are gone meanwhile; never so many that they fill the memory. */
export async function* readPieces(
  { dialect, lists }: Pick<Database, "dialect" | "lists">,
  records: readonly WeighedRecord[],
): AsyncGenerator<readonly Row<"audit_events">[]> {
  for (const ids of piecesOf(records)) {
    const wanted = jsonRows(
      { dialect },
      { id: "text" },
      ids.map((id) => [id]),
    );
    const rows = await lists
      .selectFrom("audit_events")
      .selectAll()
      .where("id", "in", sql<string>`(select id from ${wanted} as wanted)`)
      .execute();
    const found = new Map(rows.map((row) => [row.id, row]));
    yield ids.flatMap((id) => found.get(id) ?? []);
  }
}

function* piecesOf(records: readonly WeighedRecord[]): Generator<readonly string[]> {
  let ids: string[] = [];
  let size = 0;
  for (const { id, bytes } of records) {
    if (ids.length > 0 && size + bytes > pieceBytes) {
      yield ids;
      [ids, size] = [[], 0];
    }
    ids.push(id);
    size += bytes;
  }
  if (ids.length > 0) yield ids;
}
