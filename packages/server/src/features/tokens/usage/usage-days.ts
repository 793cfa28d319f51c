import type { Deps } from "../../../deps.ts";
import { readStretches, type Stretch, type StretchUse } from "./quarter-use-store.ts";
import type { TokenChoice } from "./token-choice-store.ts";
import { type DayUse, readDailyUse } from "./usage-read-store.ts";
import type { UsageRecorder } from "./usage-recorder.ts";

/** Days up to today. */
export interface Window {
  /** `YYYY-MM-DD`, the oldest first; never empty. */
  readonly days: readonly [string, ...string[]];
  /** Whose days; `undefined`: of UTC. */
  readonly timezone: string | undefined;
}

/** A day whose end is not where UTC has it: what was done in between is the other day's. */
interface Shift extends Stretch {
  readonly of: string;
  readonly goesTo: string;
}

type Counts = ReturnType<UsageRecorder["pendingOf"]>;

const dayMilliseconds = 86_400_000;
/** A chart shows 30 days. */
const quartersKeptDays = 35;

/** Quarters of an hour before that time are not kept. */
export function firstQuarterKept(now: number): number {
  return Math.floor(now / dayMilliseconds - quartersKeptDays) * dayMilliseconds;
}

/** The last days there, up to today; a day of 23 or 25 hours is one too. */
export function lastDays(now: number, count: number, timezone: string | undefined): Window {
  const here = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(timezone ?? "UTC");
  const today = here.toPlainDate();
  const before = Array.from({ length: count - 1 }, (_, index) =>
    today.subtract({ days: index + 1 }).toString(),
  );
  const [first = today.toString(), ...others] = [today.toString(), ...before].reverse();
  return { days: [first, ...others], timezone };
}

/** The day of UTC in which the window begins: what is counted by days of UTC alone leaves out nothing of it from there. */
export function firstUtcDay({ days: [first], timezone }: Window): string {
  return new Date(startOf(first, timezone ?? "UTC")).toISOString().slice(0, 10);
}

/**
 * Reads what tokens did by days. Every use is counted in its UTC day; for the days of another zone only what was done
 * between the two midnights is taken from the one day and given to the other. Of a time of which nothing is known but
 * the day nothing is moved: it stays with the day of UTC, and is said to.
 */
export function createDayReading({ database, clock }: Pick<Deps, "database" | "clock">) {
  return async (userId: string, window: Window, of: TokenChoice, pendingNow: () => Counts) => {
    const { days, timezone } = window;
    const earliest = firstQuarterKept(clock());
    const shifts = timezone === undefined ? [] : shiftsOf(days, timezone, earliest);
    const firstDay = dayBefore(days[0]);
    // The days are read last: what is written between the two readings is then a day's at least.
    const moved = await readStretches(database, userId, shifts, of);
    const stored = await readDailyUse(database, userId, firstDay, of);
    const counts = new Map<string, { uses: number; refused: number }>();
    const add = (day: string, { allowed, refused }: StretchUse, sign = 1) => {
      const earlier = counts.get(day) ?? { uses: 0, refused: 0 };
      counts.set(day, {
        uses: earlier.uses + sign * allowed,
        refused: earlier.refused + sign * refused,
      });
    };
    for (const [day, use] of stored) add(day, use);
    for (const [index, { of: day, goesTo }] of shifts.entries()) {
      const use = moved[index] ?? { allowed: 0, refused: 0 };
      add(day, use, -1);
      add(goesTo, use);
    }
    for (const { day, quarterAt, counts: counted } of pendingNow()) {
      const shift = shifts.find(({ from, to }) => quarterAt >= from && quarterAt < to);
      add(shift?.goesTo ?? day, { allowed: counted.uses, refused: counted.refused });
    }
    return {
      days: days.map((day) => ({ day, ...(counts.get(day) ?? { uses: 0, refused: 0 }) })),
      ...(timezone === undefined ? {} : { timezone, ...utcBefore(stored, timezone, earliest) }),
    };
  };
}

/** What of the UTC days belongs to the day before or behind it there. */
function shiftsOf(days: Window["days"], timezone: string, earliest: number): readonly Shift[] {
  return [...days, dayAfter(days.at(-1) ?? days[0])].flatMap((day): readonly Shift[] => {
    const [here, utc] = [startOf(day, timezone), Date.parse(day)];
    const before = dayBefore(day);
    if (Math.min(here, utc) < earliest) return [];
    if (here < utc) return [{ from: here, to: utc, of: before, goesTo: day }];
    if (here > utc) return [{ from: utc, to: here, of: day, goesTo: before }];
    return [];
  });
}

/** The first day before which uses are counted in days of UTC, if there are any. */
function utcBefore(stored: ReadonlyMap<string, DayUse>, timezone: string, earliest: number) {
  const days = [...stored]
    .filter(([day, { isTimed }]) => !isTimed || Date.parse(day) < earliest)
    .map(([day]) => day)
    .sort();
  const last = days.at(-1);
  if (last === undefined) return {};
  const next = dayAfter(last);
  // Where the next day begins before that of UTC is over, something of it was counted as of UTC too.
  return { utc_before: startOf(next, timezone) < Date.parse(next) ? dayAfter(next) : next };
}

function startOf(day: string, timezone: string): number {
  return Temporal.PlainDate.from(day).toZonedDateTime(timezone).epochMilliseconds;
}

function dayAfter(day: string): string {
  return Temporal.PlainDate.from(day).add({ days: 1 }).toString();
}

function dayBefore(day: string): string {
  return Temporal.PlainDate.from(day).subtract({ days: 1 }).toString();
}
