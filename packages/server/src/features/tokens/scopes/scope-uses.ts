import { allEntities, type Scope } from "@tessera/contract";
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

/** Arranges recorded uses, each of another object or operation, so that those of one scope are found at once. */
export function indexUses(uses: readonly AllowedUse[]): FindUses {
  const byKind = Map.groupBy(uses, kindOf);
  const byObject = new Map(uses.map((use) => [`${kindOf(use)} ${use.entityId}`, use]));
  const uncounted = new Set(uses.filter(isOfOtherObjects).map(({ operation }) => operation));
  return ({ domainId, entityType, entityId, operation: name }) => {
    const operation = `${entityType}.${name}`;
    const kind = kindOf({ operation, domainId });
    const single = byObject.get(`${kind} ${entityId}`);
    const ofSingle = single === undefined ? [] : [single];
    return {
      uses: entityId === allEntities ? (byKind.get(kind) ?? []) : ofSingle,
      areSomeUncounted: uncounted.has(operation),
    };
  };
}

function kindOf({ operation, domainId }: Pick<AllowedUse, "operation" | "domainId">): string {
  return `${operation} ${domainId}`;
}
