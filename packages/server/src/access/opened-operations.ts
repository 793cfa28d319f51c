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

/** What a role opens to its members on objects of a type, by one of the type's actions. */
export interface OpenedAction {
  readonly action: string;
  /** Empty where no scope covers it: rights on roles can be passed on, and other actions open nothing here. */
  readonly operations: readonly Operation[];
}

/** What a role with these actions, held at that place, opens on objects of the type. */
export function actionsOpened(
  catalogue: Catalogue,
  typeName: string,
  place: RolePlace,
  actions: ReadonlySet<string>,
): readonly OpenedAction[] {
  const type = catalogue.findEntityType(typeName);
  if (type === undefined) return [];
  const known = new Set([
    ...type.ownActions,
    ...type.operations.flatMap((row) => row.action ?? []),
  ]);
  return [...known].flatMap((action) => {
    const needed = neededAt(catalogue, typeName, action, place);
    if (needed === undefined || !actions.has(needed)) return [];
    const operations = isAboutRoles(action)
      ? []
      : type.operations.filter((row) => row.action === action);
    return { action, operations };
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
      actionsOpened(catalogue, name, "domain", new Set([action])),
    );
    const isCovered = opened.length > 0 && opened.every(({ operations }) => operations.length > 0);
    if (!isCovered) return { action, missingScope: undefined };
    for (const { id, type, name } of opened.flatMap(({ operations }) => operations)) {
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
