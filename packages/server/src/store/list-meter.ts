import { AsyncLocalStorage } from "node:async_hooks";

/** Hears how many milliseconds a statement took. */
export type OnTime = (milliseconds: number) => void;

/** Tells whoever asked for lists what time their statements took. */
export interface ListMeter {
  /** Tells `onTime` of each statement that `work`, and whatever it awaits, runs. */
  measure<T>(onTime: OnTime, work: () => T): T;
  /** What the present statement took. */
  tell: OnTime;
}

export function createListMeter(): ListMeter {
  const current = new AsyncLocalStorage<OnTime>();
  return {
    measure: (onTime, work) => current.run(onTime, work),
    tell: (milliseconds) => current.getStore()?.(milliseconds),
  };
}
