import type { MaybePromise } from "./maybe-promise.ts";

/** So long one work may keep the thread that answers from everything else. */
const turnMilliseconds = 1;

const waiting: (() => void)[] = [];

/**
 * Lets whatever has arrived be answered first. Of all works that wait for their next turn one goes on, the one that
 * waited longest, then what has arrived comes again: many together keep nobody waiting for longer than one.
 */
export async function nextTurn(): Promise<void> {
  const turn = Promise.withResolvers<void>();
  if (waiting.push(turn.resolve) === 1) setImmediate(beginTurn);
  await turn.promise;
}

function beginTurn(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(beginTurn);
}

/** Like `items.map(work)`, and lets others be answered in between where it takes long. `now`: milliseconds. */
export async function mapInTurns<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Result,
  now: () => number = () => performance.now(),
): Promise<Result[]> {
  const results: Result[] = [];
  let beganAt = now();
  for (const item of items) {
    if (now() - beganAt >= turnMilliseconds) {
      await nextTurn();
      beganAt = now();
    }
    results.push(work(item));
  }
  return results;
}

/** Goes through many things for a caller: others are answered in between, and the caller pays for the time. */
export type InTurns = <Item>(
  items: Iterable<Item>,
  work: (item: Item) => MaybePromise<void>,
) => Promise<void>;

/** `pay` hears of the milliseconds that the work takes, with what it waits for in its middle. */
export function createInTurns(
  pay: (milliseconds: number) => void,
  now: () => number = () => performance.now(),
): InTurns {
  return async (items, work) => {
    let beganAt = now();
    try {
      for (const item of items) {
        if (now() - beganAt >= turnMilliseconds) {
          pay(now() - beganAt);
          await nextTurn();
          beganAt = now();
        }
        const working = work(item);
        if (working !== undefined) await working;
      }
    } finally {
      pay(now() - beganAt);
    }
  };
}

/** Does one work after the other, in the order in which they come; others are answered in between. */
export function createOneByOne(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = last.then(work);
    last = done.catch(() => {}).then(() => nextTurn());
    return done;
  };
}
