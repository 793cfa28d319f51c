import { allEntities, type Scope, type Target } from "@tessera/contract";

/** `<type>.<operation>` → domain id → entity id or `*` → id of the scope. */
export type CompiledScopes = ReadonlyMap<string, ReadonlyMap<string, ReadonlyMap<string, string>>>;

/** Arranges scopes so that one operation on one object is found in three look-ups. */
export function compileScopes(scopes: Iterable<Scope & { readonly id: string }>): CompiledScopes {
  const compiled = new Map<string, Map<string, Map<string, string>>>();
  for (const scope of scopes) {
    const byDomain = getOrPut(compiled, `${scope.entityType}.${scope.operation}`);
    getOrPut(byDomain, scope.domainId).set(scope.entityId, scope.id);
  }
  return compiled;
}

/** How many scopes they are. */
export function countScopes(scopes: CompiledScopes): number {
  let count = 0;
  for (const byDomain of scopes.values()) {
    for (const byEntity of byDomain.values()) count += byEntity.size;
  }
  return count;
}

/** The id of a scope that covers the operation on the target. */
export function findCoveringScope(
  scopes: CompiledScopes,
  operationId: string,
  target: Target,
): string | undefined {
  const byEntity = scopes.get(operationId)?.get(target.domainId);
  return byEntity?.get(target.entityId) ?? byEntity?.get(allEntities);
}

/** The domains in which some scope allows the operation. */
export function domainsInScope(scopes: CompiledScopes, operationId: string): readonly string[] {
  return [...(scopes.get(operationId)?.keys() ?? [])];
}

function getOrPut<K, V>(map: Map<K, Map<string, V>>, key: K): Map<string, V> {
  const present = map.get(key);
  if (present !== undefined) return present;
  const made = new Map<string, V>();
  map.set(key, made);
  return made;
}
