type FieldValue = string | number | boolean | null | readonly string[];

/** Longer texts, as metadata may be, are told by how they begin. */
const longestText = 1_000;

/**
 * Of fields with their values before and after, for the record of a change: those that differ, as `changed`. Never give
 * it a secret.
 */
export function changedFields<Name extends string>(
  before: Readonly<Record<Name, FieldValue>>,
  after: Readonly<Partial<Record<NoInfer<Name>, FieldValue | undefined>>>,
): { readonly changed: Readonly<Record<string, { before: FieldValue; after: FieldValue }>> } {
  const changed: Record<string, { before: FieldValue; after: FieldValue }> = {};
  for (const name of Object.keys(before) as Name[]) {
    const [old, now] = [before[name], after[name]];
    if (now === undefined || JSON.stringify(old) === JSON.stringify(now)) continue;
    changed[name] = { before: shorten(old), after: shorten(now) };
  }
  return { changed };
}

function shorten(value: FieldValue): FieldValue {
  if (typeof value !== "string" || value.length <= longestText) return value;
  return `${value.slice(0, longestText).toWellFormed()}…`;
}
