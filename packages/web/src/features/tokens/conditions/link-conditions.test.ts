import { expect, test } from "vitest";
import { readLinkConditions } from "./link-conditions.ts";

test("a link fills in every condition", () => {
  const written = readLinkConditions({
    allow_from: "10.0.0.0/8,2001:db8::/32",
    deny_from: "10.0.9.0/24",
    not_before: "2026-12-01T00:00:00Z",
    only_at: "mon-wed 07:00-19:00;sat 22:00-24:00",
    timezone: "Europe/Berlin",
    max_uses: "1000",
    rate: "600/1m",
  });
  expect(written).toMatchObject({ isComplete: true });
  expect(written.problems).toBeUndefined();
  expect(written.conditions).toEqual({
    addresses: { allow: ["10.0.0.0/8", "2001:db8::/32"], deny: ["10.0.9.0/24"] },
    not_before: "2026-12-01T00:00:00.000Z",
    weekly: {
      timezone: "Europe/Berlin",
      windows: [
        { days: ["mon", "tue", "wed"], from: "07:00", to: "19:00" },
        { days: ["sat"], from: "22:00", to: "24:00" },
      ],
    },
    max_uses: 1000,
    rate: { limit: 600, per: "1m" },
  });
});

test.each([
  [{ allow_from: "10.0.0.0/8,office" }, /^allow_from=.*must be an address or a network/i],
  [{ deny_from: "," }, /^deny_from=.*Enter an address/],
  [{ not_before: "tomorrow" }, /^not_before=.*2026-12-01T00:00:00Z/],
  [{ only_at: "mon-frei 07:00-19:00" }, /^only_at=.*mon-fri 07:00-19:00/],
  [{ only_at: "daily 07:00-19:00", timezone: "Berlin" }, /^timezone=.*time zone/],
  [{ timezone: "Europe/Berlin" }, /^only_at: /],
  [{ max_uses: "lots" }, /^max_uses=.*between 1 and/],
  [{ rate: "600" }, /^rate=.*600\/1m/],
  [{ rate: "600/1m/2" }, /^rate=.*600\/1m/],
  [{ rate: "600/3d" }, /^rate=.*600\/1m/],
])("what cannot be read of %o is said, and keeps the token from being made", (link, problem) => {
  const { isComplete, problems = [], draft } = readLinkConditions(link);
  expect(isComplete).toBe(false);
  expect(problems).toEqual([expect.stringMatching(problem)]);
  expect(draft?.on).toHaveLength(1);
});
