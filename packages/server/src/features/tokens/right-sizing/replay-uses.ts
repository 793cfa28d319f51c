import { setImmediate as nextTurn } from "node:timers/promises";
import type { Catalogue, Scope } from "@tessera/contract";
import { type Authority, noActions } from "../../../access/authority.ts";
import { compileScopes } from "../../../access/compiled-scopes.ts";
import { type Decision, decide as decideAlone } from "../../../access/decide.ts";
import type { TokenPrincipal } from "../../../access/principal.ts";
import type { Decide } from "../../../http/guard.ts";
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
}

/** So many are decided before others are answered. */
const usesOfTurn = 50;
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
  { catalogue, decide }: ReplayDeps,
  owner: Pick<TokenPrincipal, "userId" | "isAdmin">,
  uses: readonly AllowedUse[],
  { now, proposed }: { readonly now: readonly Scope[]; readonly proposed: readonly Scope[] },
): Promise<Proof> {
  const before = tokenWith(owner, now);
  const after = tokenWith(owner, proposed);
  const operations = new Set<string>();
  const objects = new Set<string>();
  const counts = { uses: 0, wouldRefuse: 0, refusedAlready: 0, notDecided: 0 };

  const lastFirst = uses.toSorted((one, other) => other.lastAllowedAt - one.lastAllowedAt);
  for (const [index, use] of lastFirst.entries()) {
    if (index % usesOfTurn === usesOfTurn - 1) await nextTurn();
    const ask = createAsk(use, index < usesByOwner);
    if (ask === undefined) {
      if (isOfOtherObjects(use)) counts.notDecided += use.allowed;
      continue;
    }
    counts.uses += use.allowed;
    operations.add(use.operation);
    objects.add(`${use.domainId} ${use.entityType} ${use.entityId}`);
    const decision = await ask(after);
    if (decision.allowed) continue;
    const isSame = haveSameEnd(decision, await ask(before));
    counts[isSame ? "refusedAlready" : "wouldRefuse"] += use.allowed;
  }
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
