import type { CompiledConditions } from "../../../access/compiled-conditions.ts";
import type { Spending } from "../../../access/question.ts";

type TokenRate = NonNullable<CompiledConditions["rate"]>;

/** What was counted of a token by its rate. */
interface Counted extends TokenRate {
  /** When all that was counted is forgotten; milliseconds since the epoch. */
  forgottenAt: number;
}

/** Where it is kept. */
export interface RateCounter {
  counted: Counted | undefined;
}

/** A smaller wait is no more than what many times of adding up have rounded. */
const roundingMilliseconds = 1e-3;

/**
 * Counts a use of a token by its rate, by what this process has seen: the generic cell rate algorithm (ITU-T I.371), as
 * `http/rate-limit.ts` has it for one rate. A use that comes too early is not counted. A token whose rate is another
 * than before begins anew.
 */
export function countInTime(counter: RateCounter, rate: TokenRate, now: number): Spending {
  const { limit, perMilliseconds } = rate;
  const interval = perMilliseconds / limit;
  const counted = findCounted(counter, rate);
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
}

function findCounted(counter: RateCounter, { limit, perMilliseconds }: TokenRate): Counted {
  const { counted } = counter;
  if (counted?.limit === limit && counted.perMilliseconds === perMilliseconds) return counted;
  const begun = { limit, perMilliseconds, forgottenAt: 0 };
  counter.counted = begun;
  return begun;
}
