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
  const removeIds: string[] = [];
  for (const [index, scope] of added.entries()) {
    const covering = kept.get(keyOf(scope)) ?? kept.get(keyOf({ ...scope, entityId: allEntities }));
    if (covering !== undefined) {
      const message = `${scopeText(scope)} is there already, as ${scopeText(covering)}`;
      return { conflictAt: index, message };
    }
    if (scope.entityId === allEntities) {
      for (const [key, narrower] of kept) {
        if (!isNarrower(narrower, scope)) continue;
        kept.delete(key);
        if (narrower.id !== undefined) removeIds.push(narrower.id);
      }
    }
    kept.set(keyOf(scope), scope);
  }
  return { insert: [...kept.values()].filter((scope) => scope.id === undefined), removeIds };
}

function keyOf({ domainId, entityType, operation, entityId }: Scope): string {
  return `${domainId} ${entityType} ${operation} ${entityId}`;
}

function isNarrower(narrower: Scope, scope: Scope): boolean {
  return (
    narrower.domainId === scope.domainId &&
    narrower.entityType === scope.entityType &&
    narrower.operation === scope.operation
  );
}
