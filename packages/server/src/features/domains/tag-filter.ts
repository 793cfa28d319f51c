/** The tags that a list is filtered by: of one of these groups all. */
export type TagFilter = readonly (readonly string[])[];

/** Reads `a,b` (one of them), `a+b` (both) and `a+b,c` (both, or c); `undefined`: no filter. */
export function readTagFilter(text = ""): TagFilter | undefined {
  const groups = text
    .split(",")
    .map((group) => [...new Set(group.split("+").filter((tag) => tag !== ""))])
    .filter((tags) => tags.length > 0);
  return groups.length === 0 ? undefined : groups;
}
