import {
  type ActionsThatAllow,
  allEntities,
  type Catalogue,
  type Operation,
  roleManagementActions,
  type Scope,
} from "@tessera/contract";
import { type CompiledScopes, findCoveringScope } from "./compiled-scopes.ts";

/** Where a role is held, seen from the object on which it opens something. */
export type RolePlace = keyof ActionsThatAllow;

/** The operations on objects of a type that a role with these actions opens to its members. */
export function operationsOpened(
  catalogue: Catalogue,
  typeName: string,
  place: RolePlace,
  actions: ReadonlySet<string>,
): readonly Operation[] {
  const operations = catalogue.findEntityType(typeName)?.operations ?? [];
  return operations.filter(({ action }) => {
    const needed = action === null ? undefined : neededAt(catalogue, typeName, action, place);
    return needed !== undefined && actions.has(needed);
  });
}

/** Why a token may not give an action: the scope that it lacks, or that no scope covers such an action. */
export type BeyondScopes =
  | { readonly action: string; readonly missingScope: Scope }
  | { readonly action: string; readonly missingScope: undefined };

/** The first of a domain role's actions that opens to its members what the token's scopes on that domain do not. */
export function findActionBeyondScopes(
  catalogue: Catalogue,
  scopes: CompiledScopes,
  domainId: string,
  actions: readonly string[],
): BeyondScopes | undefined {
  for (const action of actions) {
    const opened = catalogue.entityTypes.flatMap(({ name }) =>
      operationsOpened(catalogue, name, "domain", new Set([action])),
    );
    // Rights on roles can be passed on, and what opens nothing here may open something elsewhere.
    if (opened.length === 0 || isAboutRoles(action)) return { action, missingScope: undefined };
    for (const { id, type, name } of opened) {
      const target = { domainId, entityType: type, entityId: everyObject(type, domainId) };
      if (findCoveringScope(scopes, id, target) !== undefined) continue;
      return { action, missingScope: { ...target, operation: name } };
    }
  }
  return undefined;
}

/** The id in a scope that covers every object of the type in the domain. */
export function everyObject(type: string, domainId: string): string {
  return type === "domains" ? domainId : allEntities;
}

function neededAt(
  catalogue: Catalogue,
  typeName: string,
  action: string,
  place: RolePlace,
): string | undefined {
  const needed = catalogue.actionsThatAllow(typeName, action);
  // A domain's own actions are held on the domain itself.
  const isDomain = catalogue.findEntityType(typeName)?.kind === "domain";
  return isDomain && place === "domain" ? needed.own : needed[place];
}

function isAboutRoles(action: string): boolean {
  return roleManagementActions.some((own) => action === own || action.endsWith(`_${own}`));
}
