import {
  allEntities,
  type Catalogue,
  isScopeProblem,
  type Scope,
  scopeText,
  toWireScope,
} from "@tessera/contract";
import type { StoredScope } from "../scopes/scope-set.ts";
import type { FindUses } from "../scopes/scope-uses.ts";

/** A scope, with what tells whether the record can judge it. Times are milliseconds since the epoch. */
export interface DatedScope extends StoredScope {
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
}

export interface ScopeAndWhy {
  readonly scope: DatedScope;
  /** In words. */
  readonly why: string;
}

interface NarrowedScope extends ScopeAndWhy {
  readonly to: readonly string[];
}

/** What becomes of each scope. One that is in none of the lists was used, and stays. */
export interface ProposedScopes {
  readonly dropped: readonly ScopeAndWhy[];
  readonly narrowed: readonly NarrowedScope[];
  readonly notNarrowed: readonly ScopeAndWhy[];
  readonly notJudged: readonly ScopeAndWhy[];
  /** All that the token would have. */
  readonly scopes: readonly Scope[];
}

interface Window {
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** As it was asked for: `90d`. */
  readonly text: string;
  /** Whether it is known of every day in it on which objects the token was used. */
  readonly areObjectsKnown: boolean;
}

interface ProposalDeps {
  readonly catalogue: Catalogue;
  readonly maximumScopes: number;
}

/** A scope on all objects becomes one for each that was used if these are no more. */
const mostObjects = 20;

/**
 * The fewest scopes that the recorded uses need. Whatever the record cannot tell stays: the proposal errs on the side of
 * what works. `usesOf` knows the uses since the beginning of the UTC day in which the window begins, or earlier.
 */
export function proposeScopes(
  { catalogue, maximumScopes }: ProposalDeps,
  scopes: readonly DatedScope[],
  usesOf: FindUses,
  window: Window,
): ProposedScopes {
  const notJudged = scopes.flatMap((scope) => withWhy(scope, whyNotJudged(scope, usesOf, window)));
  const isLeftAlone = new Set(notJudged.map(({ scope }) => scope));
  const judged = scopes.filter((scope) => !isLeftAlone.has(scope));
  const isUsed = (scope: Scope) => usesOf(scope).uses.length > 0;
  const dropped = judged
    .filter((scope) => !isUsed(scope))
    .map((scope) => ({ scope, why: `not used in ${window.text}` }));
  const kept = scopes.filter((scope) => isLeftAlone.has(scope) || isUsed(scope));
  const wide = judged.filter((scope) => scope.entityId === allEntities && isUsed(scope));

  const narrowed: NarrowedScope[] = [];
  const notNarrowed: ScopeAndWhy[] = [];
  let room = maximumScopes - kept.length;
  for (const scope of wide) {
    const { uses } = usesOf(scope);
    // Each object once.
    const to = uses.length > mostObjects ? [] : uses.map(({ entityId }) => entityId).sort();
    const why = window.areObjectsKnown
      ? (whyNotNarrowed(catalogue, scope, { count: uses.length, to }, kept) ??
        whyNoRoom(to.length - 1, room))
      : "on some days it was not counted on which objects";
    if (why !== undefined) notNarrowed.push({ scope, why });
    else {
      room -= to.length - 1;
      narrowed.push({ scope, to, why: whyNarrowed(to.length, window) });
    }
  }
  const isNarrowed = new Set<Scope>(narrowed.map(({ scope }) => scope));
  return {
    dropped,
    narrowed,
    notNarrowed,
    notJudged,
    scopes: [
      ...kept.filter((scope) => !isNarrowed.has(scope)),
      ...narrowed.flatMap(({ scope, to }) => to.map((entityId) => ({ ...bare(scope), entityId }))),
    ],
  };
}

function whyNotJudged(scope: DatedScope, usesOf: FindUses, { since, text }: Window) {
  if (scope.createdAt > since) return `younger than the window of ${text}`;
  const { uses, areSomeUncounted } = usesOf(scope);
  if (areSomeUncounted) {
    return "its operation was used on more objects a day than are counted one by one";
  }
  const wasUsed = scope.lastUsedAt !== null && scope.lastUsedAt >= since;
  return wasUsed && uses.length === 0
    ? "it was used, but it was not counted on which objects"
    : undefined;
}

function whyNotNarrowed(
  catalogue: Catalogue,
  scope: Scope,
  { count, to }: { readonly count: number; readonly to: readonly string[] },
  kept: readonly Scope[],
): string | undefined {
  if (/^(?:list|create)(?:_|$)/.test(scope.operation)) {
    return "it lists or creates, which is about no single object";
  }
  if (count > mostObjects) {
    return `used on ${count} objects, more than ${mostObjects}`;
  }
  const collecting = findCollecting(catalogue, scope, kept);
  if (collecting !== undefined) {
    return `the token may also do ${scopeText(collecting)}, and so find objects that are not known yet`;
  }
  const isNameable = to.every((entityId) => isScope(catalogue, { ...scope, entityId }));
  return isNameable ? undefined : "it was asked about something that no scope can name by itself";
}

function whyNoRoom(more: number, room: number): string | undefined {
  return more > room ? "the token would have more scopes than a token may have" : undefined;
}

function whyNarrowed(count: number, { text }: Window): string {
  const objects = count === 1 ? "one object was used" : `these ${count} objects were used`;
  return `only ${objects} in ${text}; one that is made later would be refused`;
}

/** A scope that stays, by which the token makes or finds objects of the type in the same domain. */
function findCollecting(
  catalogue: Catalogue,
  { domainId, entityType }: Scope,
  kept: readonly Scope[],
): Scope | undefined {
  const ids = new Set(
    catalogue.findEntityType(entityType)?.domainOperations.map(({ id }) => id) ?? [],
  );
  return kept.find(
    (other) =>
      other.domainId === domainId &&
      (ids.has(`${other.entityType}.${other.operation}`) ||
        (other.entityType === entityType && /^(?:list|create)(?:_|$)/.test(other.operation))),
  );
}

function isScope(catalogue: Catalogue, scope: Scope): boolean {
  return scope.entityId !== allEntities && !isScopeProblem(catalogue.readScope(toWireScope(scope)));
}

function bare({ domainId, entityType, entityId, operation }: Scope): Scope {
  return { domainId, entityType, entityId, operation };
}

function withWhy(scope: DatedScope, why: string | undefined): readonly ScopeAndWhy[] {
  return why === undefined ? [] : [{ scope, why }];
}
