import type { TokenPrincipal } from "../../../access/principal.ts";
import type { Spending } from "../../../access/question.ts";
import { findUnmetCondition } from "../../../access/steps.ts";
import type { SpendUse } from "../../../http/spend-use.ts";
import { createRecentlyUsed } from "../../../recently-used.ts";
import { countInTime, type RateCounter } from "./token-rates.ts";

/** What this server may still give of a token's uses. */
interface Block {
  /** By which it was reserved: with another maximum it is worth nothing. */
  readonly maxUses: number;
  left: number;
  /** None is left anywhere, and none comes back. */
  readonly isExhausted: boolean;
}

/** What this server has counted of one token. */
interface TokenCounter extends RateCounter {
  block: Block | undefined;
}

export interface SpendUseDeps {
  readonly clock: () => number;
  /** Takes uses of the token for this server: how many; 0: none is left; `undefined`: to be asked again. */
  readonly reserveUses: (
    token: Pick<TokenPrincipal, "tokenId" | "userId">,
  ) => Promise<number | undefined>;
}

const maximumTokens = 100_000;
const given: Spending = { isExhausted: false, waitMilliseconds: 0, isCounted: true };
const uncounted: Spending = { ...given, isCounted: false };

/**
 * Counts uses of tokens that may be used so often: in all by blocks that are reserved in the database, in a time by what
 * this server has seen. What is refused by another condition is not counted, and what is too often is no use.
 */
export function createSpendUse({ clock, reserveUses }: SpendUseDeps): SpendUse {
  const counters = createRecentlyUsed<TokenCounter>({ maximumEntries: maximumTokens });
  const reserving = new Map<string, Promise<void>>();

  return (token, address) => {
    const { conditions, tokenId } = token;
    if (conditions === undefined) return undefined;
    const { maxUses, rate } = conditions;
    if (maxUses === undefined && rate === undefined) return undefined;
    const circumstances = { now: clock(), address, via: "route" } as const;
    if (findUnmetCondition({ principal: token, circumstances }) !== undefined) return uncounted;
    const counter = counterOf(tokenId);
    const counted = rate === undefined ? given : countInTime(counter, rate, circumstances.now);
    if (maxUses === undefined || counted.waitMilliseconds > 0) return counted;
    const isTaken = takeOfBlock(counter, maxUses);
    if (isTaken !== undefined) return spendingOf(isTaken, counted);
    return takeLater(token, maxUses).then((isTakenNow) => spendingOf(isTakenNow, counted));
  };

  function counterOf(tokenId: string): TokenCounter {
    const known = counters.get(tokenId);
    if (known !== undefined) return known;
    const begun = { counted: undefined, block: undefined };
    counters.set(tokenId, begun);
    return begun;
  }

  /** `undefined`: the database is to be asked. */
  function takeOfBlock({ block }: TokenCounter, maxUses: number): boolean | undefined {
    if (block === undefined || block.maxUses !== maxUses) return undefined;
    if (block.left === 0) return block.isExhausted ? false : undefined;
    block.left -= 1;
    return true;
  }

  async function takeLater(token: TokenPrincipal, maxUses: number): Promise<boolean> {
    const { tokenId } = token;
    for (;;) {
      // One asks for all that wait.
      await (reserving.get(tokenId) ?? reserve(token, maxUses));
      const isTaken = takeOfBlock(counterOf(tokenId), maxUses);
      if (isTaken !== undefined) return isTaken;
    }
  }

  function reserve(token: TokenPrincipal, maxUses: number): Promise<void> {
    const { tokenId } = token;
    const asking = reserveUses(token)
      .then((left) => {
        if (left === undefined) return;
        counterOf(tokenId).block = { maxUses, left, isExhausted: left === 0 };
      })
      .finally(() => reserving.delete(tokenId));
    reserving.set(tokenId, asking);
    return asking;
  }
}

function spendingOf(isTaken: boolean, counted: Spending): Spending {
  return isTaken ? counted : { ...counted, isExhausted: true };
}
