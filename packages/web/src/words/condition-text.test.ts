import { describe, expect, test } from "vitest";
import { conditionSentences, daysText, windowText } from "./condition-text.ts";

describe("conditions in words", () => {
  test("nothing is said of what does not matter", () => {
    expect(conditionSentences()).toEqual({ from: [], when: [], often: [] });
  });

  test("each condition is one sentence", () => {
    expect(
      conditionSentences(
        {
          addresses: { allow: ["10.0.0.0/8", "2001:db8::/32"], deny: ["10.0.9.0/24"] },
          weekly: {
            timezone: "Europe/Berlin",
            windows: [
              { days: ["mon", "tue", "wed", "thu", "fri"], from: "07:00", to: "19:00" },
              { days: ["sat"], from: "22:00", to: "06:00" },
            ],
          },
          max_uses: 1000,
          rate: { limit: 600, per: "1m" },
        },
        12,
      ),
    ).toEqual({
      from: ["Only from 10.0.0.0/8, 2001:db8::/32.", "Never from 10.0.9.0/24."],
      when: [
        "Only Mon–Fri from 07:00 to 19:00; Sat from 22:00 to 06:00 of the next day, by the clocks of Europe/Berlin.",
      ],
      often: [
        "1,000 times in all, on all servers together; 988 are left.",
        "At most 600 times in a minute, on each server.",
      ],
    });
  });

  test("a token of which no use is left says so", () => {
    expect(conditionSentences({ max_uses: 1 }, 1).often).toEqual([
      "Once in all, on all servers together; none is left.",
    ]);
  });

  test("of many networks the first are named", () => {
    const allow = Array.from({ length: 64 }, (_, index) => `10.0.${index}.1`);
    expect(conditionSentences({ addresses: { allow } }).from[0]).toMatch(
      /^Only from 10\.0\.0\.1, .*10\.0\.5\.1 and 58 more\.$/,
    );
  });
});

describe("times of the week", () => {
  test("days that follow one another are a span, and all of them are every day", () => {
    expect(daysText(["fri", "mon", "tue", "wed"])).toBe("Mon–Wed, Fri");
    expect(daysText(["sat", "sun"])).toBe("Sat, Sun");
    expect(daysText(["sun", "sat", "fri", "thu", "wed", "tue", "mon"])).toBe("every day");
  });

  test("what ends before it begins ends on the next day", () => {
    expect(windowText({ days: ["mon"], from: "22:00", to: "06:00" })).toBe(
      "Mon from 22:00 to 06:00 of the next day",
    );
    expect(windowText({ days: ["mon"], from: "18:00", to: "24:00" })).toBe(
      "Mon from 18:00 to midnight",
    );
    expect(windowText({ days: ["mon"], from: "00:00", to: "24:00" })).toBe("Mon, the whole day");
  });
});
