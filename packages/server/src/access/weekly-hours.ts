import { type Conditions, type Weekday, weekdays } from "@tessera/contract";

type Weekly = NonNullable<Conditions["weekly"]>;

/** Times of the week, by what the clocks of a zone show. */
export interface WeeklyHours {
  isOpen(now: number): boolean;
  /** What the clocks there show: `sat 03:12 in Europe/Berlin`. */
  localTime(now: number): string;
}

/** A window of one day: minutes since its midnight. */
interface Opening {
  readonly from: number;
  readonly to: number;
}

/** Openings by the day of the week, Monday first. */
type Openings = readonly (readonly Opening[])[];

const minuteMilliseconds = 60_000;
const minutesOfDay = 24 * 60;

/**
 * Compiles windows. The zone is asked for only when a boundary has passed since the last time: until then the answer is
 * one comparison. A boundary is where a window begins or ends, or where the clocks are changed.
 */
export function compileWeekly({ timezone, windows }: Weekly): WeeklyHours {
  const openings = openingsOf(windows);
  let known = { since: 0, until: 0, isOpen: false };
  const localTime = (now: number) =>
    Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(timezone);
  return {
    isOpen: (now) => {
      // A clock that was set back is before what is known.
      if (now < known.since || now >= known.until) known = stretchAt(openings, now, localTime(now));
      return known.isOpen;
    },
    localTime: (now) => {
      const { dayOfWeek, hour, minute } = localTime(now);
      const twoDigits = (value: number) => String(value).padStart(2, "0");
      return `${weekdays[dayOfWeek - 1]} ${twoDigits(hour)}:${twoDigits(minute)} in ${timezone}`;
    },
  };
}

/** What runs over midnight is a part of two days. */
function openingsOf(windows: Weekly["windows"]): Openings {
  const days: Opening[][] = weekdays.map(() => []);
  for (const { days: names, from: fromText, to: toText } of windows) {
    const [from, to] = [minutesOf(fromText), minutesOf(toText)];
    for (const day of names.map((name: Weekday) => weekdays.indexOf(name))) {
      days[day]?.push({ from, to: to > from ? to : minutesOfDay });
      if (to < from) days[(day + 1) % weekdays.length]?.push({ from: 0, to });
    }
  }
  return days;
}

function minutesOf(text: string): number {
  const [hours, minutes] = text.split(":");
  return Number(hours) * 60 + Number(minutes);
}

/** For how long around `now` the answer stays the same. */
function stretchAt(openings: Openings, now: number, local: Temporal.ZonedDateTime) {
  const today = openings[local.dayOfWeek - 1] ?? [];
  const minute = local.hour * 60 + local.minute;
  const isOpen = today.some(({ from, to }) => from <= minute && minute < to);
  const next = Math.min(
    minutesOfDay,
    ...today.flatMap(({ from, to }) => [from, to]).filter((boundary) => boundary > minute),
  );
  const sinceMinute = local.second * 1000 + local.millisecond;
  const boundary = now - sinceMinute + (next - minute) * minuteMilliseconds;
  const changed = local.getTimeZoneTransition("next")?.epochMilliseconds ?? boundary;
  return { since: now, until: Math.min(boundary, changed), isOpen };
}
