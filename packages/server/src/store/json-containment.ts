type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Whether `stored @> wanted` holds by PostgreSQL's rules for jsonb. */
export function jsonContains(stored: Json, wanted: Json): boolean {
  // PostgreSQL lets a whole document that is an array contain a bare scalar, but only at the top.
  if (isArray(stored) && isScalar(wanted)) return stored.includes(wanted);
  return valueContains(stored, wanted);
}

function valueContains(stored: Json, wanted: Json): boolean {
  if (isScalar(stored) || isScalar(wanted)) return stored === wanted;
  if (isArray(stored)) {
    return (
      isArray(wanted) &&
      wanted.every((item) => stored.some((candidate) => valueContains(candidate, item)))
    );
  }
  if (isArray(wanted)) return false;
  return Object.entries(wanted).every(([key, value]) => {
    const own = Object.hasOwn(stored, key) ? stored[key] : undefined;
    return own !== undefined && valueContains(own, value);
  });
}

function isScalar(value: Json): value is null | boolean | number | string {
  return value === null || typeof value !== "object";
}

function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
