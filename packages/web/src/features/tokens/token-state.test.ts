import { describe, expect, test } from "vitest";
import { expiryMark, isExpiringSoon, shownStatus } from "./token-state.ts";

const day = 86_400_000;
const now = Date.UTC(2026, 10, 24);

function token(
  lifetimeDays: number,
  remainingDays: number,
  status: "active" | "revoked" = "active",
) {
  return {
    status,
    issued_at: new Date(now + (remainingDays - lifetimeDays) * day).toISOString(),
    expires_at: new Date(now + remainingDays * day).toISOString(),
  };
}

describe("a token that expires soon", () => {
  test.each([
    [90, 6, true],
    [90, 8, false],
    [1, 0.9, false],
    [1, 0.1, true],
    [30, 5, true],
    [30, 7, false],
  ])("of %d days with %d left: %s", (lifetime, remaining, isSoon) =>
    expect(isExpiringSoon(token(lifetime, remaining), now)).toBe(isSoon),
  );

  test.each([
    [90, 29, 30],
    [90, 31, undefined],
    [90, 6.9, 7],
    [90, 0.9, 1],
    [30, 29, undefined],
    [30, 6.9, 7],
    [1, 0.9, undefined],
    [90, -1, undefined],
  ])("of %d days with %d left is marked by the last %s", (lifetime, remaining, mark) =>
    expect(expiryMark(token(lifetime, remaining), now)).toBe(mark),
  );

  test("has ended by the clock, also where it was read before that", () =>
    expect(shownStatus(token(90, -0.001), now)).toBe("expired"));

  test("is only warned of while it is active", () =>
    expect(shownStatus(token(90, 1, "revoked"), now)).toBe("revoked"));
});
