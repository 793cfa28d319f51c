import { readWireTime } from "@tessera/sdk";
import type { Token } from "../../api/tokens.ts";

type Times = Pick<Token, "status" | "issued_at" | "expires_at">;

const sevenDaysMs = 7 * 86_400_000;

/** The status with what a person wants to be warned of. */
export function shownStatus(token: Times, now: number): Token["status"] | "expiring soon" {
  return isExpiringSoon(token, now) ? "expiring soon" : token.status;
}

/** In its last week; tokens for less than a month warn in the last fifth of their life. */
export function isExpiringSoon(token: Times, now: number): boolean {
  const issuedAt = readWireTime(token.issued_at);
  const expiresAt = readWireTime(token.expires_at);
  if (token.status !== "active" || issuedAt === null || expiresAt === null) return false;
  return expiresAt - now < Math.min(sevenDaysMs, (expiresAt - issuedAt) / 5);
}
