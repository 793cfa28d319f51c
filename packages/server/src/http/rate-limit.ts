import { AppError } from "@tessera/contract";
import { createRecentlyUsed } from "../recently-used.ts";
import { widerNetworkFactor, widerNetworkOf } from "./network-address.ts";

/** How often something may be done: `count` times in each `perMilliseconds`, of those `burst` at once. */
export interface Rate {
  readonly count: number;
  readonly perMilliseconds: number;
  readonly burst: number;
  /** However much was counted; as long as it takes where not said. */
  readonly longestWaitMilliseconds?: number | undefined;
}

/** Counts what was done under a key: an account, an address. Of each process its own. */
export interface RateLimit {
  /** In how many milliseconds one more may be done; 0: now. */
  wait(key: string): number;
  /** Counts one more, or as many as given. */
  count(key: string, times?: number): void;
}

/** Throws `rate_limited` while the rate of the key is used up; `say` tells it to whoever waits so many seconds. */
export function requireRate(
  rate: RateLimit,
  key: string,
  say: (retryAfterSeconds: number) => string = sayTooMany("requests of this kind"),
): void {
  const milliseconds = rate.wait(key);
  if (milliseconds > 0) throw rateLimited(milliseconds, say);
}

/** 429 that says in how many seconds to try again. */
export function rateLimited(
  milliseconds: number,
  say: (retryAfterSeconds: number) => string,
): AppError {
  const retryAfterSeconds = Math.ceil(milliseconds / 1000);
  return new AppError("rate_limited", say(retryAfterSeconds), { retryAfterSeconds });
}

/** `what` in the plural, as in "failed attempts". */
export function sayTooMany(what: string): (retryAfterSeconds: number) => string {
  return (seconds) => `Too many ${what}; try again in ${seconds} seconds`;
}

const maximumKeys = 100_000;
/** A smaller wait is no more than what many times of adding up have rounded. */
const roundingMilliseconds = 1e-3;

/** The generic cell rate algorithm (ITU-T I.371): of each key only the time is kept at which all is forgotten. */
export function createRateLimit(
  { count, perMilliseconds, burst, longestWaitMilliseconds = Number.POSITIVE_INFINITY }: Rate,
  clock: () => number,
): RateLimit {
  const interval = perMilliseconds / count;
  const tolerance = interval * (burst - 1);
  const forgottenAt = createRecentlyUsed<number>({ maximumEntries: maximumKeys });
  let latestNow = Number.NEGATIVE_INFINITY;
  const begin = (key: string) => {
    const now = clock();
    // A clock that was set back would keep everybody waiting for as long.
    if (now < latestNow - perMilliseconds) forgottenAt.clear();
    latestNow = now;
    return Math.max(forgottenAt.get(key) ?? 0, now);
  };
  return {
    wait: (key) => {
      const milliseconds = begin(key) - clock() - tolerance;
      return milliseconds > roundingMilliseconds ? milliseconds : 0;
    },
    count: (key, times = 1) => {
      const latest = clock() + tolerance + longestWaitMilliseconds;
      forgottenAt.set(key, Math.min(begin(key) + times * interval, latest));
    },
  };
}

/** For keys of which some are networks: those of a wider one also have a limit together. */
export function createNetworkRateLimit(rate: Rate, clock: () => number): RateLimit {
  const limit = createRateLimit(rate, clock);
  const { count, perMilliseconds, burst } = rate;
  const wider = createRateLimit(
    { count: count * widerNetworkFactor, perMilliseconds, burst: burst * widerNetworkFactor },
    clock,
  );
  return {
    wait: (key) => {
      const network = widerNetworkOf(key);
      return Math.max(limit.wait(key), network === undefined ? 0 : wider.wait(network));
    },
    count: (key, times) => {
      const network = widerNetworkOf(key);
      limit.count(key, times);
      if (network !== undefined) wider.count(network, times);
    },
  };
}
