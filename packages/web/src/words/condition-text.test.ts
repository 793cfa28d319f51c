import { describe, expect, test } from "vitest";
import { conditionSentences, conditionsInShort, daysText, windowText } from "./condition-text.ts";

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
        "Only Mon–Fri from 07:00 to 19:00; Sat from 22:00 to 06:00 of the next day, in the time zone Europe/Berlin.",
      ],
      often: [
        "1,000 times in total, on all servers together; 988 are left.",
        "At most 600 times per minute, on each server.",
      ],
    });
  });

  test("a token of which no use is left says so", () => {
    expect(conditionSentences({ max_uses: 1 }, 1).often).toEqual([
      "Once in total, on all servers together; none is left.",
    ]);
  });

  test("in short they are one sentence, of many networks and times the number", () => {
    const hours = { from: "07:00", to: "19:00" };
    const timezone = "Europe/Berlin";
    expect(conditionsInShort({})).toBeUndefined();
    expect(
      conditionsInShort({
        addresses: { allow: ["10.0.0.0/8"] },
        weekly: { timezone, windows: [{ ...hours, days: ["mon"] }] },
        max_uses: 1,
      }),
    ).toBe("It works only from 10.0.0.0/8, only Mon from 07:00 to 19:00, only once in total.");
    expect(
      conditionsInShort({
        addresses: { allow: ["10.0.0.1", "10.0.0.2"], deny: ["10.9.0.0/16"] },
        weekly: {
          timezone,
          windows: [
            { ...hours, days: ["mon"] },
            { ...hours, days: ["sat"] },
          ],
        },
        rate: { limit: 600, per: "1m" },
      }),
    ).toBe(
      "It works only from 2 addresses or networks, never from 10.9.0.0/16, only at 2 times of the week, at most 600 times per minute.",
    );
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
