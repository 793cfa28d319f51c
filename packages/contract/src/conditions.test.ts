import { expect, test } from "vitest";
import { conditions, conditionsChange } from "./conditions.ts";
import { maximumCount } from "./limits.ts";

const all = {
  addresses: { allow: ["10.0.0.0/8", "2001:db8::/32", "203.0.113.7"], deny: ["10.0.9.0/24"] },
  not_before: "2026-12-01T00:00:00Z",
  weekly: {
    timezone: "Europe/Berlin",
    windows: [{ days: ["mon", "tue"], from: "22:00", to: "06:00" }],
  },
  max_uses: 1000,
  rate: { limit: 600, per: "1m" },
};

const problemOf = (value: unknown) => {
  const [issue] = conditions.safeParse(value).error?.issues ?? [];
  return issue === undefined ? undefined : `${issue.path.join(".")}: ${issue.message}`;
};

test("conditions are taken as they are written, each by itself or all together", () => {
  expect(conditions.parse(all)).toEqual(all);
  for (const [name, value] of Object.entries(all)) {
    expect(problemOf({ [name]: value })).toBeUndefined();
  }
});

test("a member that is misspelt is refused, with the one that was meant, wherever it is", () => {
  expect(problemOf({ adresses: { allow: ["10.0.0.1"] } })).toBe(
    ': has no member "adresses"; did you mean addresses?',
  );
  expect(problemOf({ addresses: { alow: ["10.0.0.1"] } })).toBe(
    'addresses: has no member "alow"; did you mean allow?',
  );
  expect(conditionsChange.safeParse({ max_use: null }).success).toBe(false);
});

test("what is no address or network of IPv4 or IPv6 is refused by the name of its field", () => {
  const wrong = [
    "",
    "localhost",
    "10.1",
    "010.0.0.1",
    "0x7f.0.0.1",
    "10.0.0.0/33",
    "fe80::1%eth0",
    "fe80::%eth0/10",
    "2001:db8::/129",
    "[::1]",
    "10.0.0.1:80",
    " 10.0.0.1",
  ];
  for (const entry of wrong) {
    expect(problemOf({ addresses: { deny: ["10.0.0.1", entry] } }), entry).toMatch(
      /^addresses\.deny\.1: must be an address or a network/,
    );
  }
});

test("more entries than 64 together are refused, and a list that is empty", () => {
  const entries = (count: number) => Array.from({ length: count }, (_, index) => `10.0.0.${index}`);
  const half = maximumCount.conditionAddresses / 2;
  expect(problemOf({ addresses: { allow: entries(half), deny: entries(half) } })).toBeUndefined();
  expect(problemOf({ addresses: { allow: entries(half), deny: entries(half + 1) } })).toBe(
    "addresses: must have at most 64 entries in all",
  );
  expect(problemOf({ addresses: { allow: [] } })).toMatch(/^addresses\.allow: must not be empty/);
  expect(problemOf({ addresses: {} })).toBe("addresses: must have allow or deny");
});

test("a time zone that nobody knows is refused with the nearest name, and offsets are", () => {
  const zone = (timezone: string) => problemOf({ weekly: { ...all.weekly, timezone } });
  expect(zone("Europe/Berlni")).toMatch(/did you mean Europe\/Berlin\?$/);
  expect(zone("+01:00")).toMatch(/^weekly\.timezone: must be the name of a time zone/);
  expect(zone("UTC")).toBeUndefined();
});

test("a window of no time is refused, and one that is a whole day or runs over midnight is not", () => {
  const window = (from: string, to: string) =>
    problemOf({ weekly: { timezone: "UTC", windows: [{ days: ["sun"], from, to }] } });
  expect(window("07:00", "07:00")).toMatch(/^weekly\.windows\.0\.to: must not be as early as from/);
  expect(window("24:00", "07:00")).toMatch(/^weekly\.windows\.0\.from: must be a time of day/);
  expect(window("7:00", "19:00")).toMatch(/^weekly\.windows\.0\.from: must be a time of day/);
  expect(window("00:00", "24:00")).toBeUndefined();
  expect(window("22:00", "06:00")).toBeUndefined();
});

test("numbers of uses and rates that make no sense are refused", () => {
  expect(problemOf({ max_uses: 0 })).toMatch(/^max_uses: /);
  expect(problemOf({ max_uses: 1.5 })).toMatch(/^max_uses: /);
  expect(problemOf({ rate: { limit: 0, per: "1m" } })).toMatch(/^rate\.limit: /);
  expect(problemOf({ rate: { limit: 1, per: "10ms" } })).toMatch(/^rate\.per: must be between/);
  expect(problemOf({ rate: { limit: 1, per: "25h" } })).toMatch(/^rate\.per: must be between/);
});
