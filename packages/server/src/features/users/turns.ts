import { AppError } from "@tessera/contract";

/** Runs a work when its turn has come; throws `unavailable` when too many wait already. */
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

// A hash takes 19 MiB and, for its whole time, one of libuv's four threads: one is to stay free for all else.
export const turnsOfSignIn = { atOnce: 2, waiting: 200 };
export const turnsOfAccountChange = { atOnce: 1, waiting: 100 };

/** Lets at most `atOnce` works run at the same time, and at most `waiting` others wait, first come first served. */
export function createTurns({ atOnce, waiting }: { atOnce: number; waiting: number }): InTurn {
  const line: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running < atOnce) running += 1;
    else await waitInLine();
    try {
      return await work();
    } finally {
      const next = line.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };

  async function waitInLine(): Promise<void> {
    if (line.length >= waiting) {
      throw new AppError("unavailable", "Too many passwords are being checked; try again", {
        retryAfterSeconds: 1,
      });
    }
    await new Promise<void>((resolve) => line.push(resolve));
  }
}
