import type { Catalogue, Scope } from "@tessera/contract";
import { type Authority, noActions } from "../../../access/authority.ts";
import { compileScopes } from "../../../access/compiled-scopes.ts";
import { type Decision, decide as decideAlone } from "../../../access/decide.ts";
import type { TokenPrincipal } from "../../../access/principal.ts";
import type { Decide } from "../../../http/guard.ts";
import type { InTurns } from "../../../http/in-turns.ts";
import { andThen } from "../../../http/maybe-promise.ts";
import { isOfOtherObjects } from "../usage/use-record.ts";
import type { AllowedUse } from "../usage/use-record-store.ts";

/** What came of deciding recorded uses once more; each number counts uses, but for operations and objects. */
export interface Proof {
  readonly uses: number;
  readonly operations: number;
  readonly objects: number;
  /** Because of the proposal. */
  readonly wouldRefuse: number;
  /** With the scopes that the token has now, too. */
  readonly refusedAlready: number;
  /** Of which objects, nobody knows. */
  readonly notDecided: number;
}

interface ReplayDeps {
  readonly catalogue: Pick<Catalogue, "findOperation">;
  /** The decision that requests go by. */
  readonly decide: Decide;
  readonly inTurns: InTurns;
}

/** Looking up what the owner may do with an object now may ask the database: it is done for so many, those used last. */
const usesByOwner = 1000;
/** For the others: whatever the token's scopes allow. */
const mayDoAll: Authority = {
  domainStatus: "enabled",
  isMember: true,
  isDomainAdmin: true,
  actions: noActions,
};

/**
 * Decides the recorded uses as they would be decided now if the token had the proposed scopes. Where and when it works is
 * left aside: no scope changes that.
 */
export async function replayUses(
  { catalogue, decide, inTurns }: ReplayDeps,
  owner: Pick<TokenPrincipal, "userId" | "isAdmin">,
  uses: readonly AllowedUse[],
  { now, proposed }: { readonly now: readonly Scope[]; readonly proposed: readonly Scope[] },
): Promise<Proof> {
  const before = tokenWith(owner, now);
  const after = tokenWith(owner, proposed);
  const operations = new Set<string>();
  const objects = new Set<string>();
  const counts = { uses: 0, wouldRefuse: 0, refusedAlready: 0, notDecided: 0 };

  const isAmongLast = findLast(uses, usesByOwner);

  await inTurns(uses, (use) => {
    if (use.domainId === "" && use.entityId === "") {
      // It lists what the scopes allow, in whichever domains, and is refused nobody.
      counts.uses += use.allowed;
      operations.add(use.operation);
      return;
    }
    const ask = createAsk(use, isAmongLast(use));
    if (ask === undefined) {
      if (isOfOtherObjects(use)) counts.notDecided += use.allowed;
      return;
    }
    counts.uses += use.allowed;
    operations.add(use.operation);
    objects.add(`${use.domainId} ${use.entityType} ${use.entityId}`);
    return andThen(ask(after), (decision) => {
      if (decision.allowed) return;
      return andThen(ask(before), (present) => {
        const isSame = haveSameEnd(decision, present);
        counts[isSame ? "refusedAlready" : "wouldRefuse"] += use.allowed;
      });
    });
  });
  return { ...counts, operations: operations.size, objects: objects.size };

  /** `undefined`: nothing is known that could be asked. */
  function createAsk(use: AllowedUse, isByOwner: boolean) {
    const row = catalogue.findOperation(use.operation);
    if (row === undefined || isOfOtherObjects(use)) return undefined;
    const { domainId, entityType, entityId } = use;
    const target = { domainId, entityType, entityId };
    const circumstances = { address: undefined, via: "route", now: 0 } as const;
    return (principal: TokenPrincipal) =>
      isByOwner
        ? decide({ principal, row, target, circumstances })
        : decideAlone(
            { principal: { ...principal, isAdmin: true }, row, target, circumstances },
            mayDoAll,
          );
  }
}

/** Tells of each use, once, whether it is one of so many that were last. */
function findLast(uses: readonly AllowedUse[], most: number): (use: AllowedUse) => boolean {
  // Sorting numbers takes a fraction of what sorting the uses does.
  const times = Float64Array.from(uses, ({ lastAllowedAt }) => lastAllowedAt).sort();
  const from = times.at(-most) ?? -1;
  // Of those at the same time as many as there is room for.
  let room = times.subarray(-most).filter((time) => time === from).length;
  return ({ lastAllowedAt }) => {
    if (lastAllowedAt !== from) return lastAllowedAt > from;
    room -= 1;
    return room >= 0;
  };
}

function haveSameEnd(one: Decision, other: Decision): boolean {
  return !one.allowed && !other.allowed && one.because === other.because;
}

function tokenWith(
  { userId, isAdmin }: Pick<TokenPrincipal, "userId" | "isAdmin">,
  scopes: readonly Scope[],
): TokenPrincipal {
  return {
    kind: "token",
    userId,
    isAdmin,
    expiresAt: Number.POSITIVE_INFINITY,
    tokenId: "",
    secretId: "",
    secretDigest: "",
    replyHeaders: {},
    scopes: compileScopes(scopes.map((scope) => ({ ...scope, id: "" }))),
  };
}
