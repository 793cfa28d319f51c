/** Tags of one object as lists of them are ordered: as they were sent, older ones by their letters. */
export function tagsInOrder(
  rows: readonly { readonly tag: string; readonly position: number }[],
): readonly string[] {
  return rows
    .toSorted((a, b) => a.position - b.position || (a.tag < b.tag ? -1 : 1))
    .map(({ tag }) => tag);
}
