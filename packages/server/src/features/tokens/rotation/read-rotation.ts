import { AppError, type ParsedInput, parseDuration, type tokenEndpoints } from "@tessera/contract";
import type { Deps } from "../../../deps.ts";
import { readExpiry } from "../lifecycle/token-lifetime.ts";
import type { RotationPlan } from "./rotation-steps.ts";

const defaultOverlapMilliseconds = 24 * 3_600_000;

type RotationBody = ParsedInput<
  Extract<(typeof tokenEndpoints)[number], { readonly id: "tokens.rotate" }>
>["body"];

/** What a token has to do with how it may be rotated. Times are milliseconds since the epoch. */
interface Rotated {
  /** Milliseconds. */
  readonly lifetime: number;
  /** No secret may be valid longer; `null`: no such bound. */
  readonly latestEnd: number | null;
}

/** Reads what is asked for; throws `invalid_body`, naming the member that is wrong. */
export function readRotation(
  { cutover, overlap, duration, linger }: RotationBody,
  { lifetime, latestEnd }: Rotated,
  now: number,
  { config }: Pick<Deps, "config">,
): RotationPlan {
  const expiresAt =
    duration === undefined
      ? now + Math.min(lifetime, config.max_token_lifetime)
      : readExpiry(config, { duration }, now);
  if (latestEnd !== null && duration !== undefined && expiresAt > latestEnd) {
    throw wrong("duration", `must end by ${new Date(latestEnd).toISOString()}`);
  }
  const end = latestEnd === null ? expiresAt : Math.min(expiresAt, latestEnd);
  if (cutover === "now") {
    if (overlap !== undefined) throw wrong("overlap", "is for cutover first_use or deadline");
    if (linger !== undefined) throw wrong("linger", "is for cutover first_use");
    return { cutover, overlap: 0, linger: 0, expiresAt: end };
  }
  if (cutover === "deadline" && linger !== undefined) {
    throw wrong("linger", "is for cutover first_use");
  }
  const longest = Math.min(config.max_rotation_overlap, end - now);
  const overlapMilliseconds =
    overlap === undefined
      ? Math.min(defaultOverlapMilliseconds, longest)
      : readSpan("overlap", overlap);
  if (overlapMilliseconds <= 0) throw wrong("overlap", "must be positive, like 1h or 24h");
  if (overlapMilliseconds > config.max_rotation_overlap) {
    throw wrong("overlap", `must be at most ${inDays(config.max_rotation_overlap)}`);
  }
  if (overlapMilliseconds > longest) {
    throw wrong("overlap", "must not be longer than the new secret is valid");
  }
  const lingerMilliseconds = linger === undefined ? 0 : readSpan("linger", linger);
  if (lingerMilliseconds > overlapMilliseconds) {
    throw wrong("linger", "must not be longer than the overlap");
  }
  return { cutover, overlap: overlapMilliseconds, linger: lingerMilliseconds, expiresAt: end };
}

function readSpan(field: string, text: string): number {
  const span = parseDuration(text);
  if (span === undefined) throw wrong(field, "must be a duration, like 30m, 24h or 7d");
  return span;
}

function wrong(field: string, message: string): AppError {
  return new AppError("invalid_body", `${field}: ${message}`, { field });
}

const inDays = (milliseconds: number) => `${Number((milliseconds / 86_400_000).toFixed(2))}d`;
