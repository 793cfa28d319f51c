import { allEntities, type Scope } from "@tessera/contract";
import type { InTurns } from "../../../http/in-turns.ts";
import { isOfOtherObjects } from "../usage/use-record.ts";
import type { AllowedUse } from "../usage/use-record-store.ts";

/** What a scope was used for. */
export interface UsesOfScope {
  /** What it covers, whichever scope opened it then. */
  readonly uses: readonly AllowedUse[];
  /** Whether its operation was used on objects of which nobody knows which they were. */
  readonly areSomeUncounted: boolean;
}

export type FindUses = (scope: Scope) => UsesOfScope;

/** Recorded uses of one operation in one domain. */
interface UsesOfKind {
  readonly uses: AllowedUse[];
  readonly byObject: Map<string, AllowedUse>;
}

/** Arranges recorded uses, each of another object or operation, so that those of one scope are found at once. */
export async function indexUses(uses: readonly AllowedUse[], inTurns: InTurns): Promise<FindUses> {
  const kinds = new Map<string, UsesOfKind>();
  const uncounted = new Set<string>();
  await inTurns(uses, (use) => {
    const key = keyOf(use);
    const kind: UsesOfKind = kinds.get(key) ?? { uses: [], byObject: new Map() };
    kinds.set(key, kind);
    kind.uses.push(use);
    kind.byObject.set(use.entityId, use);
    if (isOfOtherObjects(use)) uncounted.add(use.operation);
  });
  return ({ domainId, entityType, entityId, operation: name }) => {
    const operation = `${entityType}.${name}`;
    const kind = kinds.get(keyOf({ operation, domainId }));
    const single = kind?.byObject.get(entityId);
    // What lists one's own domains is asked of no domain, and each of its scopes opens a part of the answer.
    const ofAll = entityId === domainId ? kinds.get(keyOf({ operation, domainId: "" })) : undefined;
    const ofSingle = [single, ofAll?.byObject.get("")].filter((use) => use !== undefined);
    return {
      uses: entityId === allEntities ? (kind?.uses ?? []) : ofSingle,
      areSomeUncounted: uncounted.has(operation),
    };
  };
}

function keyOf({ operation, domainId }: Pick<AllowedUse, "operation" | "domainId">): string {
  return `${operation} ${domainId}`;
}
