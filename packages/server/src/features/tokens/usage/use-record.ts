import type { Deps } from "../../../deps.ts";
import type { InTurns } from "../../../http/in-turns.ts";
import type { UsageGap } from "./recorder-store.ts";
import { otherObjects } from "./usage-counters.ts";
import { readGaps } from "./usage-read-store.ts";
import type { UsageRecorder } from "./usage-recorder.ts";
import { objectsOf } from "./usage-slices.ts";
import type { ObjectUses } from "./usage-store.ts";
import { type AllowedUse, readAllowedUses, readBirth, readUsedDays } from "./use-record-store.ts";

/** What is known of a token's uses since some time. */
export interface UseRecord {
  /** Each operation on each object once. */
  readonly uses: readonly AllowedUse[];
  /** UTC days with a use, as `YYYY-MM-DD`, in their order. */
  readonly usedDays: readonly string[];
  /** When the token was made; milliseconds since the epoch, like all times here. */
  readonly bornAt: number;
  /** Of which uses of any token are not counted, the newest first. */
  readonly gaps: readonly UsageGap[];
  /** Every use of the token since then is counted. */
  readonly completeSince: number;
  /** Whether there is no day of which it is known how often it was used, and not on which objects. */
  readonly areObjectsKnown: boolean;
  /** Whether every use since the time that was asked for is counted. */
  readonly isComplete: boolean;
}

const dayMilliseconds = 86_400_000;
const toldGaps = 100;

/** Reads what a token was allowed: what is written, and what this process has counted since. */
export function createRecordReading(
  { database, clock }: Pick<Deps, "database" | "clock">,
  recorder: Pick<UsageRecorder, "pendingOf">,
) {
  return {
    /** Since the beginning of the UTC day of that time; to be called in `steadily`. */
    readRecord: async (tokenId: string, since: number, inTurns: InTurns): Promise<UseRecord> => {
      const firstDay = dayOf(since);
      const bornAt = await readBirth(database, tokenId);
      const gaps = await readGaps(database, bornAt, toldGaps);
      const days = await readUsedDays(database, tokenId, firstDay);
      const stored = await readAllowedUses(database, tokenId, firstDay, inTurns);
      const pending = recorder.pendingOf(tokenId).filter(({ day }) => day >= firstDay);
      const used = new Set(days.map(({ day }) => day));
      for (const { day, counts } of pending) if (counts.uses > 0) used.add(day);
      // Before the first turn ends: what is counted from then on belongs to another reading.
      const counted = pending
        .flatMap(({ counts }) => objectsOf(counts))
        .filter(({ allowed }) => allowed > 0);
      const lost = [
        ...gaps.map(({ to }) => to),
        ...days.filter((one) => !one.isRecorded).map(({ day }) => endOf(day)),
      ];
      return {
        uses: await addTo(stored, counted, inTurns),
        usedDays: [...used].sort(),
        bornAt,
        gaps: gaps.filter(({ to }) => to >= since),
        completeSince: Math.min(clock(), Math.max(bornAt, ...lost)),
        areObjectsKnown: days.every(({ isRecorded }) => isRecorded),
        isComplete: lost.every((end) => end < since),
      };
    },
  };
}

/** Whether it stands for all objects beyond the number that is counted one by one. */
export function isOfOtherObjects({ domainId, entityId }: AllowedUse): boolean {
  return domainId === "" && entityId === otherObjects;
}

/** The UTC day of a time, as `YYYY-MM-DD`. */
export function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

function endOf(day: string): number {
  return Date.parse(day) + dayMilliseconds;
}

/** Each operation on each object once, as it is in `stored` already. */
async function addTo(
  stored: readonly AllowedUse[],
  counted: readonly ObjectUses[],
  inTurns: InTurns,
): Promise<readonly AllowedUse[]> {
  if (counted.length === 0) return stored;
  const more = new Map<string, AllowedUse>();
  const added: AllowedUse[] = [];
  for (const each of counted) more.set(keyOf(each), together(each, more.get(keyOf(each))));
  await inTurns(stored, (use) => {
    const key = keyOf(use);
    const later = more.get(key);
    added.push(later === undefined ? use : together(use, later));
    more.delete(key);
  });
  return [...added, ...more.values()];
}

function together(
  use: Omit<AllowedUse, "lastAllowedAt"> & { readonly lastAllowedAt: number | null },
  other: AllowedUse | undefined,
): AllowedUse {
  const { operation, domainId, entityType, entityId, allowed, lastAllowedAt } = use;
  return {
    operation,
    domainId,
    entityType,
    entityId,
    allowed: allowed + (other?.allowed ?? 0),
    lastAllowedAt: Math.max(lastAllowedAt ?? 0, other?.lastAllowedAt ?? 0),
  };
}

function keyOf({ operation, domainId, entityId }: AllowedUse | ObjectUses): string {
  return `${operation} ${domainId} ${entityId}`;
}
