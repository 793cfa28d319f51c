import { AppError } from "@tessera/contract";

const maximumDepth = 64;

/**
 * Throws 400 for JSON that no database can keep, naming the member: NUL characters and halves of surrogate pairs
 * (PostgreSQL), or nesting without end (SQLite stops at 1,000 levels).
 */
export function requireStorable(
  code: "invalid_body" | "invalid_query",
  value: unknown,
  path: readonly string[] = [],
): void {
  requireStorableAt(code, value, [...path]);
}

/** `path` is where `value` stands; it is the same array for all that is inside, so that depth costs no copies. */
function requireStorableAt(
  code: "invalid_body" | "invalid_query",
  value: unknown,
  path: string[],
): void {
  const refuse = (message: string) => {
    const field = path.slice(0, 8).join(".");
    return new AppError(code, `${field || "the body"} ${message}`, field === "" ? {} : { field });
  };
  if (typeof value === "string") {
    if (value.includes("\u0000")) throw refuse("must not contain a NUL character");
    if (!value.isWellFormed()) throw refuse("must not contain half of a surrogate pair");
    return;
  }
  if (typeof value !== "object" || value === null) return;
  if (path.length >= maximumDepth)
    throw refuse(`must not be nested deeper than ${maximumDepth} levels`);
  for (const [key, member] of Object.entries(value)) {
    requireStorableAt(code, key, path);
    path.push(key);
    requireStorableAt(code, member, path);
    path.pop();
  }
}
