import { AppError } from "@tessera/contract";

/** Of letters: what one reply of a list may carry. */
export const maximumWeight = 4 * 1024 * 1024;

/**
 * Returns the rows of one page; throws `limit_reached` for what would be a reply of many megabytes, which whoever asks may
 * leave unread for a while: how many rows a page has is the caller's choice, and so is what each holds.
 */
export function requireLightPage<Row extends object>(rows: Row[]): Row[] {
  const weight = rows.reduce((letters, row) => letters + weightOf(row), 0);
  if (weight <= maximumWeight) return rows;
  const fewer = Math.max(1, Math.floor((rows.length * maximumWeight) / weight));
  throw new AppError(
    "limit_reached",
    `limit: ${rows.length} of these are too much for one reply, which carries at most ${maximumWeight / 1024 / 1024} MiB; ask for ${fewer} at a time`,
    { field: "limit" },
  );
}

function weightOf(row: object): number {
  let letters = 0;
  for (const value of Object.values(row)) if (typeof value === "string") letters += value.length;
  return letters;
}
