import { AppError } from "@tessera/contract";
import type { SessionPrincipal } from "./principal.ts";

/** Throws 403 unless the session's password was given within the last `lifetime` milliseconds. */
export function requireFreshPassword(
  { confirmedAt }: SessionPrincipal,
  now: number,
  lifetime: number,
): void {
  // What was given before a clock was set back is not fresh for as long.
  if (Math.abs(now - confirmedAt) < lifetime) return;
  const message =
    'Give your password again first, with POST /users/tokens/confirm {"password": "…"}, and repeat this request';
  throw new AppError("password_confirmation_required", message);
}
