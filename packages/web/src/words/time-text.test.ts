import { describe, expect, test } from "vitest";
import { daySpanText, dayText, remainingText, sinceText } from "./time-text.ts";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const now = Date.UTC(2026, 10, 24, 12);

describe("time that has passed", () => {
  test.each([
    [5 * second, "just now"],
    [minute, "1 minute ago"],
    [59 * minute, "59 minutes ago"],
    [hour, "1 hour ago"],
    [23 * hour, "23 hours ago"],
    [day, "1 day ago"],
    [44 * day, "44 days ago"],
  ])("%i ms reads %s", (passed, text) => expect(sinceText(now - passed, now)).toBe(text));

  test("longer than some weeks reads as the date", () =>
    expect(sinceText(Date.UTC(2025, 3, 7, 12), now)).toBe("Apr 7, 2025"));

  test("a clock that runs a little ahead reads just now", () =>
    expect(sinceText(now + 5 * second, now)).toBe("just now"));
});

test("a day reads as that day everywhere", () => expect(dayText("2026-10-06")).toBe("Oct 6"));

describe("the days of a chart", () => {
  const days = [{ day: "2026-10-06" }, { day: "2026-10-07" }];
  const berlin = { days, timezone: "Europe/Berlin" };
  test.each([
    [{ days }, "Each day from midnight to midnight, UTC"],
    [berlin, "Each day from midnight to midnight, Europe/Berlin"],
    [{ ...berlin, utc_before: "2026-10-06" }, "Each day from midnight to midnight, Europe/Berlin"],
    [
      { days, timezone: "America/New_York", utc_before: "2026-10-07" },
      "Each day from midnight to midnight, America/New York; before Oct 7, UTC",
    ],
  ])("%o are said to be whose they are", (usage, text) => expect(daySpanText(usage)).toBe(text));
});

describe("time that remains", () => {
  test.each([
    [200, "1 s"],
    [54 * second, "54 s"],
    [minute - 1, "1 min"],
    [hour - 1, "1 h"],
    [5 * minute, "5 min"],
    [hour, "1 h"],
    [23 * hour + 54 * minute, "23 h 54 min"],
    [47 * hour, "47 h"],
    [2 * day, "2 days"],
    [24 * hour - 2 * second, "24 h"],
    [2 * day - 2 * second, "2 days"],
    [7 * day - 2 * second, "7 days"],
    [6.4 * day, "6 days"],
  ])("%i ms reads %s", (remaining, text) => expect(remainingText(remaining)).toBe(text));
});
