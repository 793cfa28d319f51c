import { TesseraError } from "@tessera/sdk";
import { failureText } from "../words/failure-text.ts";

/** What became of one of many. */
export interface Outcome<Item> {
  readonly item: Item;
  /** Why it was not done; `undefined`: it is. */
  readonly reason: string | undefined;
}

interface EachRun<Item> {
  readonly items: readonly Item[];
  readonly act: (item: Item) => Promise<unknown>;
  readonly onOutcome: (outcome: Outcome<Item>) => void;
  readonly isStopped: () => boolean;
  readonly wait: (seconds: number) => Promise<void>;
}

/** A server whose limit is reached for longer than that is not waited for. */
const longestWaitSeconds = 60;

/**
 * Does the same to one after the other; one that fails keeps no other from it. Waits where the server says that so much
 * is too much. Throws when nothing more can be done at all.
 */
export async function runEach<Item>(run: EachRun<Item>): Promise<void> {
  for (const item of run.items) {
    if (run.isStopped()) return;
    run.onOutcome({ item, reason: await reasonOf(run, item) });
  }
}

async function reasonOf<Item>(run: EachRun<Item>, item: Item): Promise<string | undefined> {
  for (;;) {
    try {
      await run.act(item);
      return undefined;
    } catch (error) {
      if (!(error instanceof TesseraError) || isAboutAll(error)) throw error;
      const seconds = error.retryAfterSeconds ?? longestWaitSeconds + 1;
      const mayWait = error.code === "rate_limited" && seconds <= longestWaitSeconds;
      if (mayWait && !run.isStopped()) await run.wait(seconds);
      if (!mayWait || run.isStopped()) {
        const { title, advice } = failureText(error);
        return [title, advice].filter((text) => text !== "").join(". ");
      }
    }
  }
}

/** Nothing else that is sent would fare better. */
function isAboutAll({ status, code }: TesseraError): boolean {
  return code === "unreachable" || status === 401 || status >= 500;
}
