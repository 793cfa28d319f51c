/** Few enough that a prepared statement for so many rows stays small, and that so few sizes of it are kept. */
const rowsPerStatement = 100;

/** Works through rows so many at a time as one statement is to hold; does nothing without rows. */
export async function forEachChunk<Row>(
  rows: readonly Row[],
  work: (chunk: readonly Row[]) => Promise<unknown>,
): Promise<void> {
  for (let start = 0; start < rows.length; start += rowsPerStatement) {
    await work(rows.slice(start, start + rowsPerStatement));
  }
}
