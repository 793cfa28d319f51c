import { AppError, type Catalogue, nearest } from "@tessera/contract";

/** Throws 400 for a word that is no role action of the entity type, naming the nearest that is. */
export function requireKnownActions(
  catalogue: Catalogue,
  entityType: string,
  actions: readonly string[],
  code: "invalid_body" | "invalid_query",
  member: string,
): void {
  const known = catalogue.roleActions(entityType);
  for (const [index, action] of actions.entries()) {
    if (known.includes(action)) continue;
    const field = code === "invalid_body" ? `${member}.${index}` : member;
    const message = `${field}: "${action.slice(0, 60)}" is no action on ${entityType}; did you mean "${nearest(action, known)}"?`;
    throw new AppError(code, message, { field });
  }
}
