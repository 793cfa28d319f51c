import { setImmediate as nextTurn } from "node:timers/promises";

/** So long one reply may keep the thread that answers from everything else. */
const turnMilliseconds = 10;

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
