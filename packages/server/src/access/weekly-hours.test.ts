import { type Conditions, weekdays } from "@tessera/contract";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileWeekly } from "./weekly-hours.ts";

type Weekly = NonNullable<Conditions["weekly"]>;

const minute = 60_000;
const at = (text: string) => Date.parse(text);

const inBerlin = (days: Weekly["windows"][0]["days"], from: string, to: string) =>
  compileWeekly({ timezone: "Europe/Berlin", windows: [{ days, from, to }] });

/** The minutes at which it opens or closes between two moments, by asking at each minute. */
function changesBetween(hours: ReturnType<typeof compileWeekly>, from: string, to: string) {
  const changes: string[] = [];
  let before = hours.isOpen(at(from));
  for (let now = at(from) + minute; now <= at(to); now += minute) {
    const isOpen = hours.isOpen(now);
    if (isOpen !== before) {
      changes.push(`${isOpen ? "opens" : "closes"} ${new Date(now).toISOString().slice(0, 16)}`);
    }
    before = isOpen;
  }
  return changes;
}

describe("a window of the week", () => {
  test("holds from its first minute on, to before its last", () => {
    const hours = inBerlin(["mon"], "07:00", "19:00");
    // Monday, in winter one hour before UTC.
    expect(hours.isOpen(at("2027-01-04T06:00:00Z") - 1)).toBe(false);
    expect(hours.isOpen(at("2027-01-04T06:00:00Z"))).toBe(true);
    expect(hours.isOpen(at("2027-01-04T18:00:00Z") - 1)).toBe(true);
    expect(hours.isOpen(at("2027-01-04T18:00:00Z"))).toBe(false);
    expect(hours.isOpen(at("2027-01-05T12:00:00Z"))).toBe(false);
  });

  test("that runs over midnight belongs to the day on which it begins, also over the end of the week", () => {
    const hours = inBerlin(["sun"], "22:00", "06:00");
    const week = changesBetween(hours, "2027-01-02T12:00:00Z", "2027-01-09T12:00:00Z");
    expect(week).toEqual(["opens 2027-01-03T21:00", "closes 2027-01-04T05:00"]);
  });

  test("of a whole day follows on the next without a gap", () => {
    const hours = inBerlin(["mon", "tue"], "00:00", "24:00");
    const week = changesBetween(hours, "2027-01-02T12:00:00Z", "2027-01-09T12:00:00Z");
    expect(week).toEqual(["opens 2027-01-03T23:00", "closes 2027-01-05T23:00"]);
  });

  test("is an hour shorter in the night in which the clocks go forward", () => {
    // 2027-03-28 in Berlin: after 01:59 comes 03:00, which is 01:00 in UTC.
    const night = ["2027-03-27T12:00:00Z", "2027-03-28T12:00:00Z"] as const;
    expect(changesBetween(inBerlin(["sat"], "22:00", "06:00"), ...night)).toEqual([
      "opens 2027-03-27T21:00",
      "closes 2027-03-28T04:00",
    ]);
    // Half of it is on no clock that night, and then all of it.
    expect(changesBetween(inBerlin(["sun"], "01:30", "02:30"), ...night)).toEqual([
      "opens 2027-03-28T00:30",
      "closes 2027-03-28T01:00",
    ]);
    expect(changesBetween(inBerlin(["sun"], "02:00", "03:00"), ...night)).toEqual([]);
  });

  test("holds in both of the hours that come twice when the clocks go back", () => {
    // 2027-10-31 in Berlin: after the first 02:59 comes 02:00 again, which is 01:00 in UTC.
    const night = ["2027-10-30T12:00:00Z", "2027-10-31T12:00:00Z"] as const;
    expect(changesBetween(inBerlin(["sat"], "22:00", "06:00"), ...night)).toEqual([
      "opens 2027-10-30T20:00",
      "closes 2027-10-31T05:00",
    ]);
    expect(changesBetween(inBerlin(["sun"], "02:00", "02:30"), ...night)).toEqual([
      "opens 2027-10-31T00:00",
      "closes 2027-10-31T00:30",
      "opens 2027-10-31T01:00",
      "closes 2027-10-31T01:30",
    ]);
  });

  test("is judged anew where the clock is set back", () => {
    const hours = inBerlin(["mon"], "07:00", "19:00");
    expect(hours.isOpen(at("2027-01-04T12:00:00Z"))).toBe(true);
    expect(hours.isOpen(at("2027-01-03T12:00:00Z"))).toBe(false);
    expect(hours.isOpen(at("2027-01-04T12:00:00Z"))).toBe(true);
  });

  test("says what the clock there shows", () => {
    expect(inBerlin(["mon"], "07:00", "19:00").localTime(at("2027-03-28T01:05:00Z"))).toBe(
      "sun 03:05 in Europe/Berlin",
    );
  });
});

const runCount = 1_000;
const zones = [
  "UTC",
  "Europe/Berlin",
  "America/St_Johns",
  "Asia/Kathmandu",
  "Australia/Lord_Howe",
  "Africa/Cairo",
  "Pacific/Apia",
];
const timeOfDay = fc
  .integer({ min: 0, max: 1439 })
  .map((of) => [Math.floor(of / 60), of % 60].map((n) => String(n).padStart(2, "0")).join(":"));
const window = fc
  .record({
    days: fc.subarray([...weekdays], { minLength: 1 }),
    from: timeOfDay,
    to: fc.oneof(timeOfDay, fc.constant("24:00")),
  })
  .filter(({ from, to }) => from !== to);

const calendars = new Map(
  zones.map((timeZone) => [
    timeZone,
    new Intl.DateTimeFormat("en-GB", {
      timeZone,
      weekday: "short",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    }),
  ]),
);

/** The same once more, by asking the calendar at each moment and remembering nothing. */
function isOpenByTheBook({ timezone, windows }: Weekly, now: number): boolean {
  const parts = calendars.get(timezone)?.formatToParts(now) ?? [];
  const part = (type: string) => parts.find((each) => each.type === type)?.value ?? "";
  const today = weekdays.indexOf(part("weekday").toLowerCase() as "mon");
  const yesterday = weekdays[(today + 6) % 7];
  const time = `${part("hour")}:${part("minute")}`;
  return windows.some(({ days, from, to }) => {
    const isOn = (day: string | undefined) => (days as readonly string[]).includes(day ?? "");
    if (from < to) return isOn(weekdays[today]) && from <= time && time < to;
    return (isOn(weekdays[today]) && from <= time) || (isOn(yesterday) && time < to);
  });
}

test(`${runCount} times, whatever order the clock shows them in, hours are what the calendar says`, () => {
  const moment = fc.oneof(
    fc.integer({ min: at("2026-01-01T00:00:00Z"), max: at("2028-12-31T00:00:00Z") }),
    // Around changes of the clocks.
    ...["2027-03-28T01:00:00Z", "2027-10-31T01:00:00Z", "2027-04-03T15:00:00Z"].map((text) =>
      fc.integer({ min: at(text) - 7_200_000, max: at(text) + 7_200_000 }),
    ),
  );
  const weekly = fc.record({
    timezone: fc.constantFrom(...zones),
    windows: fc.array(window, { minLength: 1, maxLength: 4 }),
  });
  let open = 0;
  fc.assert(
    fc.property(weekly, fc.array(moment, { minLength: 1, maxLength: 5 }), (given, moments) => {
      const hours = compileWeekly(given);
      for (const now of moments.flatMap((moment) => [
        moment,
        moment + minute,
        moment + 3_600_000,
      ])) {
        const isOpen = hours.isOpen(now);
        expect(isOpen, new Date(now).toISOString()).toBe(isOpenByTheBook(given, now));
        if (isOpen) open += 1;
      }
    }),
    { numRuns: runCount },
  );
  expect(open).toBeGreaterThan(runCount / 10);
});
