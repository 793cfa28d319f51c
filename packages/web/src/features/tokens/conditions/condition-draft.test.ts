import { describe, expect, test } from "vitest";
import {
  type ConditionDraft,
  changeOf,
  conditionsOf,
  draftOf,
  problemsOf,
} from "./condition-draft.ts";

const whole = {
  addresses: { allow: ["10.0.0.0/8", "2001:db8::1"], deny: ["10.0.9.0/24"] },
  not_before: "2026-12-01T00:00:30.500Z",
  weekly: {
    timezone: "Europe/Berlin",
    windows: [{ days: ["mon" as const], from: "18:00", to: "24:00" }],
  },
  max_uses: 1000,
  rate: { limit: 600, per: "90s" },
};

const written = (part: Partial<ConditionDraft>): ConditionDraft => ({
  ...draftOf(undefined, "Europe/Berlin"),
  ...part,
});

describe("conditions in a form", () => {
  test("come out as they went in, to the millisecond", () => {
    expect(conditionsOf(draftOf(whole, "UTC"), whole)).toEqual(whole);
    expect(changeOf(whole, conditionsOf(draftOf(whole, "UTC"), whole))).toEqual({});
  });

  test("are none where nothing is switched on, whatever was entered before", () => {
    expect(conditionsOf({ ...draftOf(whole, "UTC"), on: [] })).toBeUndefined();
  });

  test("what is switched off is taken away, and what stays is not sent", () => {
    const draft = { ...draftOf(whole, "UTC"), on: ["allow", "weekly", "rate"] as const };
    expect(changeOf(whole, conditionsOf(draft, whole))).toEqual({
      addresses: { allow: whole.addresses.allow },
      not_before: null,
      max_uses: null,
    });
  });
});

describe("what is wrong with conditions is said", () => {
  test("of every address by itself", () => {
    const problems = problemsOf(
      written({
        on: ["allow", "deny"],
        allow: "10.0.0.1 10.0.0.300, fe80::1%eth0",
        deny: "the office",
      }),
    );
    expect(Object.keys(problems).toSorted()).toEqual([
      "addresses.allow.1",
      "addresses.allow.2",
      "addresses.deny.0",
    ]);
    expect(problems["addresses.allow.1"]).toMatch(/^Must be an address or a network/);
  });

  test("of what is missing, and of nothing that is switched off", () => {
    const nothing = { allow: " ", notBefore: "", maxUses: "0", rateLimit: "many", windows: [] };
    expect(problemsOf(written(nothing))).toEqual({});
    const on = ["allow", "notBefore", "weekly", "maxUses", "rate"] as const;
    expect(problemsOf(written({ ...nothing, on }))).toEqual({
      "addresses.allow": "Enter an address or a network",
      not_before: "Choose a day and a time",
      "weekly.windows": "Add a time, or it never works",
      max_uses: "Enter a number between 1 and 1,000,000,000",
      "rate.limit": "Enter a number between 1 and 1,000,000",
    });
  });

  test("of each time of the week by itself", () => {
    const problems = problemsOf(
      written({
        on: ["weekly"],
        timezone: "Mars/Olympus",
        windows: [
          { key: 0, days: [], from: "07:00", to: "19:00" },
          { key: 1, days: ["mon"], from: "07:00", to: "07:00" },
          { key: 2, days: ["mon"], from: "", to: "" },
          { key: 3, days: ["mon"], from: "00:00", to: "00:00" },
        ],
      }),
    );
    expect(problems).toEqual({
      "weekly.timezone": expect.stringMatching(/time zone/),
      "weekly.windows.0.days": "Choose a day",
      "weekly.windows.1.to": expect.stringMatching(/^Must differ/),
      "weekly.windows.2.from": "Enter a time",
      "weekly.windows.2.to": "Enter a time",
    });
  });
});
