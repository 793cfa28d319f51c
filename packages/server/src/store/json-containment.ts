type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Whether `stored @> wanted` holds by PostgreSQL's rules for jsonb. */
export function jsonContains(stored: Json, wanted: Json): boolean {
  return containmentOf(wanted)(stored);
}

/** Tells of documents whether they contain `wanted`, which is worked through once for all of them. */
export function containmentOf(wanted: Json): (stored: Json) => boolean {
  const contains = demandOf(wanted);
  if (!isScalar(wanted)) return contains;
  // PostgreSQL lets a whole document that is an array contain a bare scalar, but only at the top.
  return (stored) => (isArray(stored) ? stored.includes(wanted) : contains(stored));
}

type Demand = (stored: Json) => boolean;

function demandOf(wanted: Json): Demand {
  if (isScalar(wanted)) return (stored) => stored === wanted;
  return isArray(wanted) ? demandOfArray(wanted) : demandOfObject(Object.entries(wanted));
}

/** Costs one walk along the stored array, and one more for each wanted element that is no scalar. */
function demandOfArray(wanted: readonly Json[]): Demand {
  const scalars = new Set(wanted.filter(isScalar));
  const others = wanted.filter((item) => !isScalar(item)).map(demandOf);
  return (stored) => {
    if (!isArray(stored) || !hasAll(stored, scalars)) return false;
    return others.every((contains) => stored.some(contains));
  };
}

function demandOfObject(wanted: readonly [string, Json][]): Demand {
  const members = wanted.map(([key, value]) => [key, demandOf(value)] as const);
  return (stored) => {
    if (isScalar(stored) || isArray(stored)) return false;
    return members.every(([key, contains]) => {
      const own = Object.hasOwn(stored, key) ? stored[key] : undefined;
      return own !== undefined && contains(own);
    });
  };
}

function hasAll(stored: readonly Json[], scalars: ReadonlySet<Json>): boolean {
  if (scalars.size === 0) return true;
  const missing = new Set(scalars);
  for (const item of stored) {
    if (missing.delete(item) && missing.size === 0) return true;
  }
  return false;
}

function isScalar(value: Json): value is null | boolean | number | string {
  return value === null || typeof value !== "object";
}

function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
