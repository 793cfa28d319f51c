import { setImmediate as nextTurn } from "node:timers/promises";
import type { Deps } from "../../../deps.ts";
import type { TokenUseListener } from "../../../http/token-uses.ts";
import type { Job } from "../../../jobs/schedule.ts";
import { openedBy } from "./opened-by.ts";
import { type Recorder, removeRecorder, reportWritten, type UsageGap } from "./recorder-store.ts";
import {
  addDeed,
  addToken,
  type Counters,
  countAddress,
  countDeed,
  countMissed,
  countSecret,
  countTry,
  createCounters,
  type Deed,
  findDeed,
  type TokenCounts,
} from "./usage-counters.ts";
import { type OpenSlice, takeTokens } from "./usage-slices.ts";
import { writeSlice } from "./usage-store.ts";

/** Counts in memory what tokens do, and writes it down now and then, off the path of requests. */
export interface UsageRecorder extends TokenUseListener {
  /** A secret was shown that works no more. */
  tried(tokenId: string, secretId: string, address: string): void;
  /** What is counted of the token and neither written nor on its way there. */
  pendingOf(tokenId: string): readonly PendingCounts[];
  /** The writing that is going on, if the token is in it; of any token when none is named. It does not throw. */
  writingOf(tokenId?: string): Promise<void> | undefined;
  /** How many slices were begun so far. */
  slicesBegun(): number;
  /** To be called before the first request: from then on a process that dies leaves a gap. */
  open(): Promise<void>;
  /** Writes down what has been counted; called now and then. */
  flush(): Promise<void>;
  /** Writes down everything; nothing is to be counted any more. */
  close(): Promise<void>;
  /** The flushing, as a job of each server. */
  readonly job: Job;
}

export interface PendingCounts {
  /** `YYYY-MM-DD` in UTC. */
  readonly day: string;
  /** Where the quarter of an hour begins in which they were counted; milliseconds since the epoch. */
  readonly quarterAt: number;
  readonly counts: TokenCounts;
}

/** Tokens, and what each did with which object from where: some hundred bytes each. Beyond that only a number is kept. */
const maximumEntries = 250_000;
const earlyFlushMilliseconds = 1_000;
const lateMilliseconds = 5_000;

type MissedUses = UsageGap & { readonly uses: number };

type RecorderDeps = Pick<Deps, "config" | "database" | "clock" | "newId"> & {
  readonly log: Pick<Deps["log"], "warn">;
};

export function createUsageRecorder(
  { config, database, clock, log, newId }: RecorderDeps,
  { maximum = maximumEntries }: { readonly maximum?: number } = {},
): UsageRecorder {
  const id = newId();
  let live = createCounters(clock());
  /** Counted before, and still to be written. */
  let sealed: Counters[] = [];
  /** Perhaps written: its commit was not answered. */
  let onItsWay: OpenSlice | undefined;
  let writing: Promise<void> | undefined;
  let lastNumber = 0;
  let missed: MissedUses | undefined;
  let writtenUntil = clock();
  let flushing: Promise<boolean> | undefined;
  let nextEarlyFlushAt = 0;

  const entriesHeld = () =>
    live.entries +
    (onItsWay?.entries ?? 0) +
    sealed.reduce((entries, counters) => entries + counters.entries, 0);

  const self = (): Recorder => ({
    id,
    writtenUntil,
    lostAfter: clock() + 3 * config.usage_flush_interval + lateMilliseconds,
  });

  const addMissed = (gap: MissedUses) => {
    const { from, to, uses } = missed ?? { ...gap, uses: 0 };
    missed = {
      from: Math.min(from, gap.from),
      to: Math.max(to, gap.to),
      uses: uses + gap.uses,
    };
  };

  const seal = (now: number) => {
    if (live.missed !== undefined) {
      const { since: from, count: uses } = live.missed;
      addMissed({ from, to: now, uses });
    }
    if (live.tokens.size > 0) sealed.push(live);
    live = createCounters(now);
  };

  /** The counts of the token, at the right time; `undefined`: there is no room for one more. */
  const countsOf = (tokenId: string, now: number): TokenCounts | undefined => {
    if (now >= live.endsAt || now < live.startsAt) seal(now);
    const known = live.tokens.get(tokenId);
    if (known !== undefined) return known;
    if (hasRoom(now)) return addToken(live, tokenId);
    countMissed(live, now);
    return undefined;
  };

  const count = (counts: TokenCounts, deed: Deed, now: number): void => {
    const known = findDeed(counts, deed);
    if (known !== undefined) countDeed(known, now);
    else if (hasRoom(now)) countDeed(addDeed(live, counts, deed), now);
    else countMissed(live, now);
  };

  /** Whether one entry more may be held. Long before none may, what is held is written. */
  const hasRoom = (now: number): boolean => {
    const held = entriesHeld();
    if (held * 2 > maximum && now >= nextEarlyFlushAt) {
      nextEarlyFlushAt = now + earlyFlushMilliseconds;
      void flush();
    }
    return held < maximum;
  };

  /** Whether everything is written. It does not throw: what is left is tried again. */
  const write = async (): Promise<boolean> => {
    try {
      await writeSealed();
      const now = clock();
      seal(now);
      await writeSealed();
      writtenUntil = now;
      await report();
      return true;
    } catch (error) {
      log.warn({ err: error }, "The uses of tokens could not be written down yet");
      return false;
    }
  };

  const report = async (): Promise<void> => {
    const gap = missed;
    missed = undefined;
    try {
      await reportWritten(database, self(), clock(), gap === undefined ? [] : [gap]);
    } catch (error) {
      if (gap !== undefined) addMissed(gap);
      throw error;
    }
  };

  const writeSealed = async (): Promise<void> => {
    for (;;) {
      onItsWay ??= nextSlice();
      if (onItsWay === undefined) return;
      await writeOnItsWay(onItsWay);
      // On SQLite a slice holds up everybody else: whoever came meanwhile is answered first.
      await nextTurn();
    }
  };

  const writeOnItsWay = async ({ slice }: OpenSlice): Promise<void> => {
    const written = writeSlice(database, self(), slice).then(() => {
      onItsWay = undefined;
    });
    writing = written
      .catch(() => {})
      .finally(() => {
        writing = undefined;
      });
    await written;
  };

  const nextSlice = (): OpenSlice | undefined => {
    for (const counters of sealed) {
      const taken = takeTokens(counters, lastNumber + 1);
      if (taken === undefined) continue;
      lastNumber += 1;
      return taken;
    }
    sealed = [];
    return undefined;
  };

  const flush = async (): Promise<void> => {
    // Also where a request has brought it about: it is done for all.
    flushing ??= database.runFor(undefined, write).finally(() => {
      flushing = undefined;
    });
    await flushing;
  };

  return {
    allowed: ({ tokenId, secretId, scopes }, uses, address) => {
      const now = clock();
      const counts = countsOf(tokenId, now);
      if (counts === undefined) return;
      for (const { operation, target, scopeId } of uses) {
        const isOfNoDomain = target.domainId === "";
        const opened = isOfNoDomain ? openedBy(scopes, operation) : "";
        const deed = { operation, target, scopeId: scopeId ?? "", because: "", openedBy: opened };
        count(counts, deed, now);
        if (isOfNoDomain) {
          counts.scopesAtOnce = Math.max(counts.scopesAtOnce, scopes.get(operation)?.size ?? 0);
        }
      }
      const isUse = uses.length > 0 ? 1 : 0;
      counts.uses += isUse;
      countSecret(counts, secretId, countAddress(live, counts, address, isUse, now), now);
    },
    refused: ({ tokenId, secretId }, { operation, target, because }, address) => {
      const now = clock();
      const counts = countsOf(tokenId, now);
      if (counts === undefined) return;
      count(counts, { operation, target, scopeId: "", because, openedBy: "" }, now);
      counts.refused += 1;
      countSecret(counts, secretId, countAddress(live, counts, address, 1, now), now);
    },
    tried: (tokenId, secretId, address) => {
      const now = clock();
      const counts = countsOf(tokenId, now);
      if (counts !== undefined) countTry(live, counts, secretId, address, now);
    },
    pendingOf: (tokenId) =>
      [...sealed, live].flatMap(({ day, startsAt: quarterAt, tokens }) => {
        const counts = tokens.get(tokenId);
        return counts === undefined ? [] : [{ day, quarterAt, counts }];
      }),
    writingOf: (tokenId) => {
      const isIn =
        tokenId === undefined || onItsWay?.slice.tokens.some((each) => each.tokenId === tokenId);
      return isIn === true ? writing : undefined;
    },
    slicesBegun: () => lastNumber,
    open: async () => {
      writtenUntil = clock();
      await report();
    },
    flush,
    close: async () => {
      await flushing;
      if (await write()) await removeRecorder(database, id);
    },
    job: {
      name: "write_token_uses",
      everyMilliseconds: config.usage_flush_interval,
      isPerServer: true,
      run: async () => {
        await flush();
        return "written";
      },
    },
  };
}
