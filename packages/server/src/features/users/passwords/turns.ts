import { AppError } from "@tessera/contract";
import { createRecentlyUsed } from "../../../recently-used.ts";

/** Shares of which it is known when they had their last turn. */
const maximumRemembered = 1000;

/** Under whose name a work waits, an account's or an address's, and how many may wait under it at once. */
export interface Share {
  readonly key: string;
  readonly maximumWaiting: number;
}

/**
 * Runs a work when its turn has come. Throws `rate_limited` where too many wait under one of its shares, also while it
 * waits; `unavailable` where too many wait of whom nobody has more than one.
 */
export type InTurn = <T>(shares: readonly Share[], work: () => Promise<T>) => Promise<T>;

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
      return async (shares, work) => {
        if (running < atOnce) {
          running += 1;
          line.pass(shares);
        } else await line.wait(shares);
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
  begin(): void;
  refuse(error: AppError): void;
}

interface Line {
  /** A work that need not wait, and counts among those served. */
  pass(shares: readonly Share[]): void;
  wait(shares: readonly Share[]): Promise<void>;
  takeNext(): Waiting | undefined;
}

/**
 * Start-time fair queueing (Goyal, Vin, Cheng 1996), where a work counts for all of its shares: whoever had a turn
 * lately comes after whoever had none, be it one account at many addresses or many accounts at one address. The order is
 * found when a turn is given, so that those who share an address, and by that its tag, take turns there too.
 */
function createLine(maximumWaiting: number): Line {
  const waiting: Waiting[] = [];
  const finishTags = new Map<string, number>();
  const lastTurns = createRecentlyUsed<number>({ maximumEntries: maximumRemembered });
  let virtualTime = 0;
  let turnCount = 0;

  function startTag(shares: readonly Share[]): number {
    return Math.max(virtualTime, ...shares.map(({ key }) => finishTags.get(key) ?? 0));
  }

  /** By what works are ordered: the start tag, then when the shares had their last turns, the latest first. */
  function rankOf({ shares }: Waiting): readonly number[] {
    const turns = shares.map(({ key }) => lastTurns.get(key) ?? 0);
    return [startTag(shares), ...turns.toSorted((one, other) => other - one)];
  }

  function serve(shares: readonly Share[]): void {
    virtualTime = startTag(shares);
    turnCount += 1;
    for (const { key } of shares) {
      finishTags.set(key, virtualTime + 1);
      lastTurns.set(key, turnCount);
    }
    for (const [key, tag] of finishTags) if (tag <= virtualTime) finishTags.delete(key);
  }

  /** Gives the newest of whoever has most waiting no place any more. */
  function refuseOne(): void {
    const counts = countByShare(waiting);
    const weightOf = ({ shares }: Waiting) =>
      Math.max(0, ...shares.map(({ key }) => counts.get(key) ?? 0));
    const heaviest = Math.max(...waiting.map(weightOf));
    const loser = waiting.findLast((candidate) => weightOf(candidate) === heaviest);
    if (loser !== undefined) refuse(loser, heaviest > 1 ? tooManyWaiting() : overloaded());
  }

  /** Where a share is full, whoever has most of it waiting under another makes room for who has less; else throws. */
  function makeRoom(shares: readonly Share[], full: Share): void {
    const counts = countByShare(waiting);
    const weightOf = (all: readonly Share[], own: number) =>
      Math.max(
        0,
        ...all.filter(({ key }) => key !== full.key).map(({ key }) => (counts.get(key) ?? 0) + own),
      );
    const inIt = waiting.filter((other) => other.shares.some(({ key }) => key === full.key));
    const heaviest = Math.max(...inIt.map((other) => weightOf(other.shares, 0)));
    const loser = inIt.findLast((other) => weightOf(other.shares, 0) === heaviest);
    if (loser === undefined || heaviest <= weightOf(shares, 1)) throw tooManyWaiting();
    refuse(loser, tooManyWaiting());
  }

  function refuse(loser: Waiting, error: AppError): void {
    waiting.splice(waiting.indexOf(loser), 1);
    loser.refuse(error);
  }

  return {
    pass: serve,
    wait: (shares) => {
      for (const share of shares) {
        const count = countByShare(waiting).get(share.key) ?? 0;
        if (count >= share.maximumWaiting) makeRoom(shares, share);
      }
      if (waiting.length >= maximumWaiting) refuseOne();
      return new Promise<void>((begin, refuse) => {
        waiting.push({ shares, begin, refuse });
      });
    },
    takeNext: () => {
      const ranked = waiting.map((work) => ({ work, rank: rankOf(work) }));
      const [first] = ranked.toSorted((one, other) => compareRanks(one.rank, other.rank));
      if (first === undefined) return undefined;
      waiting.splice(waiting.indexOf(first.work), 1);
      serve(first.work.shares);
      return first.work;
    },
  };
}

function compareRanks(one: readonly number[], other: readonly number[]): number {
  const index = one.findIndex((value, at) => value !== (other[at] ?? value));
  return index < 0 ? 0 : (one[index] ?? 0) - (other[index] ?? 0);
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
