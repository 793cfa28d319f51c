import { AppError } from "@tessera/contract";

/** Under whose name a work waits, an account's or an address's, and how many may wait under it at once. */
export interface Share {
  readonly key: string;
  readonly maximumWaiting: number;
}

/**
 * Runs a work when its turn has come. Throws `rate_limited` where too many wait under one of its shares, also while it
 * waits; `unavailable` where too many wait of whom nobody has more than one.
 */
export type InTurn = <T>(
  shares: readonly Share[],
  work: () => Promise<T>,
  options?: InTurnOptions,
) => Promise<T>;

interface InTurnOptions {
  /** Whether whoever asks is known already: no number of strangers is in the way of those. */
  readonly isKnown: boolean;
}

/** Works of all lines run here, at most a few at once; the lines take turns. */
export interface Turns {
  /** A line in which at most `maximumWaiting` works wait. */
  newLine(maximumWaiting: number): InTurn;
}

export function createTurns(atOnce: number): Turns {
  const lines: Line[] = [];
  let running = 0;
  let lastServed = 0;

  /** The next work, of the first line after the one served last that has any. */
  function takeNext(): Waiting | undefined {
    for (let step = 1; step <= lines.length; step += 1) {
      const index = (lastServed + step) % lines.length;
      const next = lines[index]?.takeNext();
      if (next === undefined) continue;
      lastServed = index;
      return next;
    }
    return undefined;
  }

  return {
    newLine: (maximumWaiting) => {
      const line = createLine(maximumWaiting);
      lines.push(line);
      return async (shares, work, { isKnown } = { isKnown: false }) => {
        if (running < atOnce) {
          running += 1;
          line.pass(shares);
        } else await line.wait(shares, isKnown);
        try {
          return await work();
        } finally {
          const next = takeNext();
          if (next === undefined) running -= 1;
          else next.begin();
        }
      };
    },
  };
}

interface Waiting {
  readonly shares: readonly Share[];
  readonly startTag: number;
  readonly isKnown: boolean;
  begin(): void;
  refuse(error: AppError): void;
}

interface Line {
  /** A work that need not wait, and counts among those served. */
  pass(shares: readonly Share[]): void;
  wait(shares: readonly Share[], isKnown: boolean): Promise<void>;
  takeNext(): Waiting | undefined;
}

/**
 * Start-time fair queueing (Goyal, Vin, Cheng 1996), where a work counts for all of its shares: whoever had a turn
 * lately comes after whoever had none, be it one account at many addresses or many accounts at one address.
 */
function createLine(maximumWaiting: number): Line {
  const waiting: Waiting[] = [];
  const finishTags = new Map<string, number>();
  let virtualTime = 0;

  function nextTag(shares: readonly Share[]): number {
    const startTag = Math.max(virtualTime, ...shares.map(({ key }) => finishTags.get(key) ?? 0));
    for (const { key } of shares) finishTags.set(key, startTag + 1);
    return startTag;
  }

  function serve(startTag: number): void {
    virtualTime = Math.max(virtualTime, startTag);
    for (const [key, tag] of finishTags) if (tag <= virtualTime) finishTags.delete(key);
  }

  /** The newest of whoever has most waiting; of strangers, as long as any wait. */
  function refuseOne(): void {
    const candidates = waiting.filter(({ isKnown }) => !isKnown);
    refuseHeaviest(candidates.length === 0 ? waiting : candidates);
  }

  function refuseHeaviest(candidates: readonly Waiting[]): void {
    const counts = countByShare(waiting);
    const weightOf = ({ shares }: Waiting) =>
      Math.max(0, ...shares.map(({ key }) => counts.get(key) ?? 0));
    const heaviest = Math.max(...candidates.map(weightOf));
    const loser = candidates.findLast((candidate) => weightOf(candidate) === heaviest);
    if (loser === undefined) return;
    waiting.splice(waiting.indexOf(loser), 1);
    loser.refuse(heaviest > 1 ? tooManyWaiting() : overloaded());
  }

  return {
    pass: (shares) => serve(nextTag(shares)),
    wait: (shares, isKnown) => {
      const counts = countByShare(waiting);
      for (const { key, maximumWaiting: limit } of shares) {
        if ((counts.get(key) ?? 0) >= limit) throw tooManyWaiting();
      }
      if (waiting.length >= maximumWaiting) {
        if (!isKnown && waiting.every((other) => other.isKnown)) throw overloaded();
        refuseOne();
      }
      return new Promise<void>((begin, refuse) => {
        waiting.push({ shares, startTag: nextTag(shares), isKnown, begin, refuse });
      });
    },
    takeNext: () => {
      const known = waiting.filter(({ isKnown }) => isKnown);
      const candidates = known.length === 0 ? waiting : known;
      const first = Math.min(...candidates.map(({ startTag }) => startTag));
      const next = candidates.find(({ startTag }) => startTag === first);
      if (next === undefined) return undefined;
      waiting.splice(waiting.indexOf(next), 1);
      serve(next.startTag);
      return next;
    },
  };
}

function countByShare(waiting: readonly Waiting[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { key } of waiting.flatMap(({ shares }) => shares)) {
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

function tooManyWaiting(): AppError {
  const message = "Too many requests of this account or address wait already; try again";
  return new AppError("rate_limited", message, { retryAfterSeconds: 1 });
}

function overloaded(): AppError {
  const message = "Too many passwords are being checked; try again";
  return new AppError("unavailable", message, { retryAfterSeconds: 1 });
}
