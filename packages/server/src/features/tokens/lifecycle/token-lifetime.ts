import { AppError, parseDuration, readWireTime } from "@tessera/contract";
import type { Config } from "../../../config.ts";

const dayMilliseconds = 86_400_000;

/** How long a token is to be valid as a request says it: for a time, or until a moment. */
interface WantedLifetime {
  readonly duration?: string | undefined;
  readonly expires_at?: string | undefined;
}

/**
 * When the token is to end, in milliseconds since the epoch. Throws 400 unless exactly one of both is given, and it is
 * still to come and not later than what this server allows for a secret that was made at `issuedAt`.
 */
export function readExpiry(
  { max_token_lifetime }: Pick<Config, "max_token_lifetime">,
  { duration, expires_at }: WantedLifetime,
  now: number,
  issuedAt = now,
): number {
  if (duration !== undefined && expires_at !== undefined) {
    throw refused("expires_at", "must not be given beside duration");
  }
  if (duration === undefined && expires_at === undefined) {
    throw refused("duration", "must be given, like 24h, 1h30m or 30d, or expires_at instead");
  }
  const field = duration === undefined ? "expires_at" : "duration";
  const expiresAt = readMoment(duration, expires_at, now);
  const latest = issuedAt + max_token_lifetime;
  if (expiresAt <= latest) return expiresAt;
  const most = `${Number((max_token_lifetime / dayMilliseconds).toFixed(2))}d`;
  if (issuedAt === now) {
    throw refused(
      field,
      duration === undefined ? `must be at most ${most} from now` : `must be at most ${most}`,
    );
  }
  throw refused(
    field,
    `must not be later than ${new Date(latest).toISOString()}: a secret may be ${most} old at most; regenerate the token instead`,
  );
}

/**
 * Until when the secrets that a token makes itself may be valid, in milliseconds since the epoch; `null`: it makes none.
 * Throws 400 unless that is not before the token's own end, and not later than `latest`.
 */
export function readRenewUntil(
  body: { readonly self_rotate: boolean; readonly renew_until?: string | undefined },
  expiresAt: number,
  latest: number,
): number | null {
  const field = "renew_until";
  if (!body.self_rotate) {
    if (body.renew_until === undefined) return null;
    throw refused(field, "is for tokens with self_rotate");
  }
  const until = readWireTime(body.renew_until) ?? expiresAt;
  const timeText = (at: number) => new Date(at).toISOString();
  if (until < expiresAt) {
    throw refused(field, `must not be before the token's own end, ${timeText(expiresAt)}`);
  }
  if (until > latest) throw refused(field, `must be at most ${timeText(latest)}`);
  return until;
}

function readMoment(
  duration: string | undefined,
  expiresAt: string | undefined,
  now: number,
): number {
  if (duration !== undefined) {
    const lifetime = parseDuration(duration);
    if (lifetime !== undefined && lifetime > 0) return now + lifetime;
    throw refused("duration", "must be positive, like 24h, 1h30m or 30d");
  }
  const moment = readWireTime(expiresAt);
  if (moment !== null && moment > now) return moment;
  throw refused("expires_at", "must be in the future");
}

function refused(field: string, problem: string): AppError {
  return new AppError("invalid_body", `${field}: ${problem}`, { field });
}
