import { AppError } from "@tessera/contract";
import { andThen, type MaybePromise } from "./maybe-promise.ts";

/** How long ago that was of which an answer is still given as true. */
export interface Freshness {
  readonly milliseconds: number;
}

const byKeyMilliseconds = 3_000;
/** What takes longer had others' changes in its middle: who asks is looked at once more. */
export const soonMilliseconds = 50;
/** How many statements the longest list asks one after the other. */
const statementsOfList = 3;

/** Of what is asked by key, and of lists, of which each statement has a time limit of its own. */
export function freshnessOf(
  kind: "list" | "by_key",
  { listTimeoutMilliseconds }: { readonly listTimeoutMilliseconds: number },
): Freshness {
  const lists = kind === "list" ? statementsOfList * listTimeoutMilliseconds : 0;
  return { milliseconds: byKeyMilliseconds + lists };
}

/**
 * Answers what nothing is changed for, and never with a yes from before a pause: where the process or its database
 * stood still since the deciding began, or where who asks is not who it was, all is decided and read once more. If that
 * takes too long as well it throws 503. `decideAgain` says whether the caller stands as before. `startedAt`: when the first deciding began, by `performance.now()`, which goes on while the process stands still.
 */
export function answerFreshly<T>(
  freshness: Freshness,
  startedAt: number,
  answer: () => MaybePromise<T>,
  decideAgain: () => MaybePromise<boolean>,
): MaybePromise<T> {
  return andThen(answer(), (first) => {
    const taken = performance.now() - startedAt;
    return taken <= soonMilliseconds
      ? first
      : lookAgain(first, taken <= freshness.milliseconds, { freshness, answer, decideAgain });
  });
}

interface Looking<T> {
  readonly freshness: Freshness;
  readonly answer: () => MaybePromise<T>;
  readonly decideAgain: () => MaybePromise<boolean>;
}

async function lookAgain<T>(
  first: T,
  isInTime: boolean,
  { freshness: { milliseconds }, answer, decideAgain }: Looking<T>,
): Promise<T> {
  const againAt = performance.now();
  const isAsBefore = await decideAgain();
  if (isAsBefore && isInTime) return first;
  const second = await answer();
  if (performance.now() - againAt <= milliseconds) return second;
  throw new AppError("unavailable", "The answer came too late to be given as true", {
    retryAfterSeconds: 1,
  });
}
