import { setImmediate } from "node:timers/promises";

/** Few enough that a prepared statement for so many rows stays small, and that so few sizes of it are kept. */
const rowsPerStatement = 100;

/**
 * Works through rows so many at a time as one statement is to hold; does nothing without rows. Others are answered
 * in between, also where the database runs on the thread that answers.
 */
export async function forEachChunk<Row>(
  rows: readonly Row[],
  work: (chunk: readonly Row[]) => Promise<unknown>,
): Promise<void> {
  for (let start = 0; start < rows.length; start += rowsPerStatement) {
    if (start > 0) await setImmediate();
    await work(rows.slice(start, start + rowsPerStatement));
  }
}
