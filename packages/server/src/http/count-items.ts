/**
 * How many items a body asks for. An object is one, and as many more as its lists have elements; of a list, all of its
 * objects. Lists of ids are paired, each with each. What is named twice counts once.
 */
export function countItems(body: unknown): number {
  if (!Array.isArray(body)) return itemsOf(body);
  return body.reduce<number>((sum, element) => sum + itemsOf(element), 0);
}

function itemsOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 1;
  let pairs = 1;
  let others = 0;
  for (const [name, member] of Object.entries(value)) {
    if (!Array.isArray(member)) continue;
    const { size } = new Set(member);
    if (name.endsWith("_ids")) pairs *= size;
    else others += size;
  }
  return pairs + others;
}
