import { allEntities, type Scope, scopeText } from "@tessera/contract";

export interface StoredScope extends Scope {
  readonly id: string;
}

/** What adding scopes does to those that are there; or the index of the one that adds nothing. */
export type ScopeAddition =
  | { readonly insert: readonly Scope[]; readonly removeIds: readonly string[] }
  | { readonly conflictAt: number; readonly message: string };

/**
 * Works out an addition. A scope for all entities takes the place of those for single ones;
 * a scope that is there already, or is covered by one for all, is a conflict.
 */
export function addScopes(stored: readonly StoredScope[], added: readonly Scope[]): ScopeAddition {
  const kept = new Map<string, Scope & { readonly id?: string }>(
    stored.map((scope) => [keyOf(scope), scope]),
  );
  const keysOfKind = new Map<string, string[]>();
  const note = (scope: Scope) => {
    const keys = keysOfKind.get(kindOf(scope));
    if (keys === undefined) keysOfKind.set(kindOf(scope), [keyOf(scope)]);
    else keys.push(keyOf(scope));
  };
  for (const scope of stored) note(scope);
  const removeIds: string[] = [];
  for (const [index, scope] of added.entries()) {
    const covering = kept.get(keyOf(scope)) ?? kept.get(keyOf({ ...scope, entityId: allEntities }));
    if (covering !== undefined) {
      const message = `${scopeText(scope)} is there already, as ${scopeText(covering)}`;
      return { conflictAt: index, message };
    }
    if (scope.entityId === allEntities) {
      for (const key of keysOfKind.get(kindOf(scope)) ?? []) {
        const { id } = kept.get(key) ?? {};
        kept.delete(key);
        if (id !== undefined) removeIds.push(id);
      }
      keysOfKind.delete(kindOf(scope));
    }
    kept.set(keyOf(scope), scope);
    note(scope);
  }
  return { insert: [...kept.values()].filter((scope) => scope.id === undefined), removeIds };
}

function keyOf(scope: Scope): string {
  return `${kindOf(scope)} ${scope.entityId}`;
}

/** What all scopes have in common that one for all entities takes the place of. */
function kindOf({ domainId, entityType, operation }: Scope): string {
  return `${domainId} ${entityType} ${operation}`;
}
