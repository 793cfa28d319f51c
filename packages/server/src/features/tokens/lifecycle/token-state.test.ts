import { expect, test } from "vitest";
import { conditionsOf, refusalOf, statusOf, type TokenTimes } from "./token-state.ts";

const now = 1000;
const tokens: readonly TokenTimes[] = [null, 1, now].flatMap((revoked_at) =>
  [now - 1, now, now + 1].map((expires_at) => ({ revoked_at, expires_at })),
);
const meaning = {
  is: (value: number | null, other: number | null) => value === other,
  "is not": (value: number | null, other: number | null) => value !== other,
  "<=": (value: number | null, other: number | null) => (value ?? 0) <= (other ?? 0),
  ">": (value: number | null, other: number | null) => (value ?? 0) > (other ?? 0),
};

test.for(tokens)("word, refusal and SQL agree about %j", (token) => {
  const status = statusOf(token, now);
  const inSql = (["active", "revoked", "expired"] as const).filter((one) =>
    conditionsOf(one, now).every(([column, operator, operand]) =>
      meaning[operator](token[column], operand),
    ),
  );
  expect(inSql).toEqual([status]);
  expect(refusalOf(token, now)).toBe(status === "active" ? undefined : `token_${status}`);
});

test("revoked comes before expired, and the last moment of a token is the one before its end", () => {
  expect(statusOf({ revoked_at: 1, expires_at: 1 }, now)).toBe("revoked");
  expect(statusOf({ revoked_at: null, expires_at: now }, now)).toBe("expired");
  expect(statusOf({ revoked_at: null, expires_at: now + 1 }, now)).toBe("active");
});
