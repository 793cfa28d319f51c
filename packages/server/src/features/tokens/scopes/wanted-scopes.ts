import { AppError, isScopeProblem, type Scope, type ScopeWire } from "@tessera/contract";
import type { Deps } from "../../../deps.ts";
import { addScopes, type StoredScope } from "./scope-set.ts";

/** Reads the scopes of a body; an error names the first one that is none. */
export function readScopeList(
  { config, catalogue }: Pick<Deps, "config" | "catalogue">,
  scopes: readonly ScopeWire[],
): readonly Scope[] {
  if (scopes.length > config.max_scopes_per_token) throw tooManyScopes(config);
  return scopes.map((wire, index) => {
    const scope = catalogue.readScope(wire);
    if (!isScopeProblem(scope)) return scope;
    const field = `scopes.${index}.${scope.member}`;
    throw new AppError(scope.code, `${field}: ${scope.message}`, { field });
  });
}

/** What adding the scopes of a body to the stored ones does; throws `already_exists` for one that adds nothing. */
export function requireAddition(
  stored: readonly StoredScope[],
  wanted: readonly Scope[],
): { readonly insert: readonly Scope[]; readonly removeIds: readonly string[] } {
  const addition = addScopes(stored, wanted);
  if (!("conflictAt" in addition)) return addition;
  const field = `scopes.${addition.conflictAt}`;
  throw new AppError("already_exists", `${field}: ${addition.message}`, { field });
}

export function tooManyScopes({
  max_scopes_per_token: limit,
}: Pick<Deps["config"], "max_scopes_per_token">): AppError {
  const message = `A token may have at most ${limit} scopes`;
  return new AppError("limit_reached", message, { field: "scopes" });
}
