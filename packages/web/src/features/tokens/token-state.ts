import { readWireTime } from "@tessera/sdk";
import type { Token } from "../../api/tokens.ts";

export type TokenTimes = Pick<Token, "status" | "issued_at" | "expires_at">;

/** What it was refused the last time that it was shown; `undefined`: it was let through then. */
export function refusalAtLast({
  last_used_at,
  last_refusal: refusal,
}: Pick<Token, "last_used_at" | "last_refusal">): Token["last_refusal"] {
  const refusedAt = readWireTime(refusal?.at);
  return refusedAt === null || refusedAt < (readWireTime(last_used_at) ?? 0) ? undefined : refusal;
}

const dayMs = 86_400_000;
const sevenDaysMs = 7 * dayMs;
/** In days, the most urgent first. */
const marks = [1, 7, 30] as const;

/** The status with what a person wants to be warned of; one that was read before its end has ended since. */
export function shownStatus(token: TokenTimes, now: number): Token["status"] | "expiring soon" {
  if (token.status === "active" && (readWireTime(token.expires_at) ?? 0) <= now) return "expired";
  return isExpiringSoon(token, now) ? "expiring soon" : token.status;
}

/** In its last week; tokens for less than a month warn in the last fifth of their life. */
export function isExpiringSoon(token: TokenTimes, now: number): boolean {
  const { left, lifetime } = lifeOf(token, now);
  return left < Math.min(sevenDaysMs, lifetime / 5);
}

/** How many days at most are left, as a mark: for a part of its life that is no more than the half. */
export function expiryMark(token: TokenTimes, now: number): (typeof marks)[number] | undefined {
  const { left, lifetime } = lifeOf(token, now);
  return marks.find((days) => left > 0 && left <= days * dayMs && lifetime >= 2 * days * dayMs);
}

/** Milliseconds; endless for one that does not work any more. */
function lifeOf({ status, issued_at, expires_at }: TokenTimes, now: number) {
  const issuedAt = readWireTime(issued_at);
  const expiresAt = readWireTime(expires_at);
  if (status !== "active" || issuedAt === null || expiresAt === null) {
    return { left: Number.POSITIVE_INFINITY, lifetime: 0 };
  }
  return { left: expiresAt - now, lifetime: expiresAt - issuedAt };
}
