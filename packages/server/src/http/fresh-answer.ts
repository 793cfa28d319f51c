import { Readable } from "node:stream";
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

/** So often it is decided again because something was taken away meanwhile. */
const maximumTries = 5;

export interface Answering<T> {
  readonly freshness: Freshness;
  /** When the first deciding began, by `performance.now()`, which goes on while the process stands still. */
  readonly startedAt: number;
  readonly answer: () => MaybePromise<T>;
  /** Whether the caller stands as before. */
  readonly decideAgain: () => MaybePromise<boolean>;
  /** Whether a right that the answer goes by may have been taken away since it was last decided. */
  readonly isTakenAway: () => boolean;
}

/**
 * Answers what nothing is changed for, and never with a yes from before a pause: where the process or its database
 * stood still since the deciding began, or where who asks is not who it was, all is decided and read once more. So it is
 * where rights were taken away meanwhile in this process. If that takes too long as well, or does not end, it throws 503.
 */
export function answerFreshly<T>(answering: Answering<T>): MaybePromise<T> {
  const { freshness, startedAt, answer, isTakenAway } = answering;
  return andThen(answer(), (first) => {
    // It is made while it is read, and decided again before each part.
    if (first instanceof Readable) return first;
    const taken = performance.now() - startedAt;
    return taken <= soonMilliseconds && !isTakenAway()
      ? first
      : lookAgain(first, taken <= freshness.milliseconds, answering);
  });
}

async function lookAgain<T>(
  first: T,
  isInTime: boolean,
  { freshness: { milliseconds }, answer, decideAgain, isTakenAway }: Answering<T>,
): Promise<T> {
  let current = first;
  for (let tries = 0; tries < maximumTries; tries += 1) {
    const againAt = performance.now();
    const isAsBefore = await decideAgain();
    if (!isAsBefore || (tries === 0 && !isInTime)) {
      current = await answer();
      if (performance.now() - againAt > milliseconds) throw tooLate();
    }
    if (!isTakenAway()) return current;
  }
  throw tooLate();
}

/** Of an answer that was never true for long enough to be given. */
function tooLate(): AppError {
  return new AppError("unavailable", "The answer came too late to be given as true", {
    retryAfterSeconds: 1,
  });
}
