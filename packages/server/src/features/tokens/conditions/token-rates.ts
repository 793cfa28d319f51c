import type { CompiledConditions } from "../../../access/compiled-conditions.ts";
import type { Spending } from "../../../access/question.ts";
import { createRecentlyUsed } from "../../../recently-used.ts";

type TokenRate = NonNullable<CompiledConditions["rate"]>;

interface Counted extends TokenRate {
  /** When all that was counted is forgotten; milliseconds since the epoch. */
  forgottenAt: number;
}

const maximumTokens = 100_000;
/** A smaller wait is no more than what many times of adding up have rounded. */
const roundingMilliseconds = 1e-3;

/**
 * Counts uses of tokens, each by its own rate, by what this process has seen: the generic cell rate algorithm (ITU-T
 * I.371), as `http/rate-limit.ts` has it for one rate. A use that comes too early is not counted. A token whose rate is
 * another than before begins anew.
 */
export function createTokenRates(): (tokenId: string, rate: TokenRate, now: number) => Spending {
  const tokens = createRecentlyUsed<Counted>({ maximumEntries: maximumTokens });

  const findCounted = (tokenId: string, { limit, perMilliseconds }: TokenRate): Counted => {
    const known = tokens.get(tokenId);
    if (known?.limit === limit && known.perMilliseconds === perMilliseconds) return known;
    const begun = { limit, perMilliseconds, forgottenAt: 0 };
    tokens.set(tokenId, begun);
    return begun;
  };

  return (tokenId, rate, now) => {
    const { limit, perMilliseconds } = rate;
    const interval = perMilliseconds / limit;
    const counted = findCounted(tokenId, rate);
    // No more than the whole of it can be to come: what is later was written before the clock was set back.
    const isLater = counted.forgottenAt - now > perMilliseconds + roundingMilliseconds;
    const ahead = isLater ? perMilliseconds : Math.max(0, counted.forgottenAt - now);
    const wait = ahead + interval - perMilliseconds;
    const waitMilliseconds = wait > roundingMilliseconds ? wait : 0;
    const fullAfterMilliseconds = waitMilliseconds === 0 ? ahead + interval : ahead;
    counted.forgottenAt = now + fullAfterMilliseconds;
    const free = perMilliseconds - fullAfterMilliseconds + roundingMilliseconds;
    const left = Math.floor(free / interval);
    return {
      isExhausted: false,
      waitMilliseconds,
      isCounted: true,
      rate: { left, fullAfterMilliseconds },
    };
  };
}
