import { parseDuration } from "@tessera/sdk";
import { describe, expect, test } from "vitest";
import {
  customDuration,
  durationChoices,
  durationProblem,
  expiryOf,
  lifetimeOf,
  localMinute,
} from "./durations.ts";

const day = 86_400_000;
const now = new Date("2026-11-24T12:00:00").getTime();
const maxLifetimeSeconds = 366 * 86_400;
const until = (text: string | null) => ({ value: customDuration, until: text });

describe("the lifetimes offered", () => {
  test("are ones the server understands", () => {
    for (const { value } of durationChoices(maxLifetimeSeconds)) {
      if (value !== customDuration) expect(parseDuration(value), value).toBeTypeOf("number");
    }
  });

  test("are no longer than the server allows", () =>
    expect(durationChoices(10 * 86_400).map(({ value }) => value)).toEqual([
      "24h",
      "7d",
      customDuration,
    ]));
});

describe("a chosen lifetime", () => {
  test("tells when the token will expire", () =>
    expect(expiryOf({ value: "30d", until: null }, now)).toBe(now + 30 * day));

  test("of one's own reaches exactly to the chosen moment", () => {
    const choice = until("2026-11-26T18:30");
    expect(lifetimeOf(choice)).toEqual({
      expires_at: new Date("2026-11-26T18:30:00").toISOString(),
    });
    expect(durationProblem(choice, now, maxLifetimeSeconds)).toBeUndefined();
  });

  test("is written as the field writes it", () =>
    expect(localMinute(new Date("2026-03-04T05:06:59").getTime())).toBe("2026-03-04T05:06"));

  test.each([
    [until(null), "Choose how long the token is valid"],
    [until("2026-11-24T11:59"), "Choose a time in the future"],
    [until("2028-01-01T00:00"), "This server allows at most 366 days"],
    [{ value: "soon", until: null }, "Choose how long the token is valid"],
  ])("that makes no sense is refused: %j", (choice, problem) =>
    expect(durationProblem(choice, now, maxLifetimeSeconds)).toBe(problem),
  );
});
