/** How many code points of a name are compared: with ids beside them they stay far below the 2,704 bytes of a PostgreSQL index entry. */
export const searchKeyLength = 255;

/**
 * The form in which names are compared, sorted and searched without regard to case, the same on both databases:
 * at most the first {@link searchKeyLength} code points, because it is indexed and names may be longer.
 */
export function searchKey(text: string): string {
  return firstCodePoints(uniqueKey(text), searchKeyLength);
}

/** The whole text without regard to case: for what is short by contract and must be unique. */
export function uniqueKey(text: string): string {
  return text.normalize("NFC").toLowerCase();
}

function firstCodePoints(text: string, count: number): string {
  if (text.length <= count) return text;
  // Twice as many units hold them all, however many are pairs; half a pair can only be left after them.
  return Array.from(text.slice(0, 2 * count))
    .slice(0, count)
    .join("");
}
