import { LRUCache } from "lru-cache";

const maximumKeys = 100_000;
const minute = 60_000;

/** So many a minute for each key, and as many at once after a minute of rest. */
export interface FairRate {
  /** Counts one; or returns the milliseconds until one may be counted again, and counts nothing. */
  take(key: string): number;
  /** Counts what would have been made in that many milliseconds. */
  charge(key: string, milliseconds: number): void;
}

/** The generic cell rate algorithm (ITU-T I.371): one time per key, when all that was counted has been worth its time. */
export function createFairRate(perMinute: number, clock: () => number): FairRate {
  const paidUntil = new LRUCache<string, number>({ max: maximumKeys });
  const interval = minute / perMinute;
  const from = (key: string) => Math.max(paidUntil.get(key) ?? 0, clock());
  return {
    take: (key) => {
      const start = from(key);
      const early = start + interval - minute - clock();
      // A fraction of a millisecond is no more than the sum of rounding.
      if (early > 1e-3) return early;
      paidUntil.set(key, start + interval);
      return 0;
    },
    charge: (key, milliseconds) => {
      paidUntil.set(key, from(key) + milliseconds);
    },
  };
}
