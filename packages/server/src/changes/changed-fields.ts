type FieldValue = string | number | boolean | null | readonly string[];

/** Longer texts, as metadata may be, are told by how they begin; of longer lists, what went and what came. */
const mostLetters = 1_000;

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
    changed[name] = { before: shorten(old, now), after: shorten(now, old) };
  }
  return { changed };
}

function shorten(value: FieldValue, other: FieldValue): FieldValue {
  if (typeof value === "string") return shortText(value);
  if (!Array.isArray(value) || lettersOf(value) <= mostLetters) return value;
  const others = new Set(Array.isArray(other) ? other : []);
  const shown: string[] = [];
  let letters = 0;
  for (const each of value.filter((one) => !others.has(one))) {
    letters += each.length;
    if (letters > mostLetters) break;
    shown.push(each);
  }
  return [...shown, `… ${value.length - shown.length} more`];
}

function shortText(value: string): string {
  if (value.length <= mostLetters) return value;
  return `${value.slice(0, mostLetters).toWellFormed()}…`;
}

const lettersOf = (values: readonly string[]) =>
  values.reduce((letters, { length }) => letters + length, 0);
