import { AppError } from "@tessera/contract";
import { createRecentlyUsed } from "../recently-used.ts";

const maximumKeys = 20_000;
const countIsGoodForMilliseconds = 10_000;
/** So many servers may each use up their part of what is left before they count again. */
const serversAtOnce = 16;

/** The most there may be of something for each key. */
export interface Ceiling {
  /**
   * Throws `limit_reached` where `adding` more would be too many. Counts only now and then while there is much room, so
   * that servers which create in the same moment may together exceed the limit by what was in flight.
   */
  require(key: string, adding: number, count: () => Promise<number>): Promise<void>;
}

/** `what` completes "At most 5 … ". */
export function createCeiling(limit: number, what: string, clock: () => number): Ceiling {
  const known = createRecentlyUsed<{ room: number; readonly countedAt: number }>({
    maximumEntries: maximumKeys,
  });
  return {
    require: async (key, adding, count) => {
      const last = known.get(key);
      const isFresh =
        last !== undefined && Math.abs(clock() - last.countedAt) < countIsGoodForMilliseconds;
      if (isFresh && last.room >= adding) {
        last.room -= adding;
        return;
      }
      const left = limit - (await count()) - adding;
      if (left < 0) throw new AppError("limit_reached", `At most ${limit} ${what}`);
      known.set(key, { room: Math.floor(left / serversAtOnce), countedAt: clock() });
    },
  };
}
