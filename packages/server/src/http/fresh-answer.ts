import { AppError } from "@tessera/contract";
import { andThen, type MaybePromise } from "./maybe-promise.ts";

/** How long ago that was of which an answer is still given as true. */
export interface Freshness {
  readonly milliseconds: number;
}

const byKeyMilliseconds = 3_000;
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
 * stood still since the deciding began, all is decided and read once more. If that takes too long as well it throws 503.
 * `startedAt`: when the first deciding began, by `performance.now()`, which goes on while the process stands still.
 */
export function answerFreshly<T>(
  freshness: Freshness,
  startedAt: number,
  answer: () => MaybePromise<T>,
  decideAgain: () => MaybePromise<void>,
): MaybePromise<T> {
  return andThen(answer(), (first) =>
    performance.now() - startedAt <= freshness.milliseconds
      ? first
      : answerAgain(freshness, answer, decideAgain),
  );
}

async function answerAgain<T>(
  { milliseconds }: Freshness,
  answer: () => MaybePromise<T>,
  decideAgain: () => MaybePromise<void>,
): Promise<T> {
  const againAt = performance.now();
  await decideAgain();
  const second = await answer();
  if (performance.now() - againAt <= milliseconds) return second;
  throw new AppError("unavailable", "The answer came too late to be given as true", {
    retryAfterSeconds: 1,
  });
}
