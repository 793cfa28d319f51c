/** The tags that a list is filtered by. */
export interface TagFilter {
  readonly tags: readonly string[];
  /** All of them, or else any. */
  readonly needsAll: boolean;
}

/** Reads `a,b` (any of them) and `a+b` (all of them); `undefined`: no filter. */
export function readTagFilter(text: string | undefined): TagFilter | undefined {
  if (text === undefined) return undefined;
  const needsAll = !text.includes(",") && text.includes("+");
  const parts = text.split(needsAll ? "+" : ",").map((part) => part.trim());
  const tags = [...new Set(parts)].filter((tag) => tag !== "");
  return tags.length === 0 ? undefined : { tags, needsAll };
}
