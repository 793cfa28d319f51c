import { AppError } from "@tessera/contract";
import type { MintedToken } from "../lifecycle/token-secret.ts";
import {
  end,
  isAccepted,
  liveOf,
  otherOf,
  replace,
  type SecretTimes,
  settle,
} from "./secret-states.ts";

/** A secret as the steps of a rotation write it. Times are milliseconds since the epoch. */
export interface Secret extends SecretTimes {
  readonly digest: string;
  readonly key_version: string;
  readonly ending: string | null;
  readonly created_at: number;
  /** Of a pending one: for how many milliseconds after its first use the live one works on. */
  readonly linger: number;
}

export interface RotationPlan {
  readonly cutover: "first_use" | "deadline" | "now";
  /** Milliseconds until a pending one that nobody used is discarded, or a retiring one dies. */
  readonly overlap: number;
  readonly linger: number;
  readonly expiresAt: number;
}

/** So many of a token are kept that work no more: enough to tell whoever comes late. */
const maximumEnded = { retired: 5, discarded: 2 } as const;

/** The secrets once another one is made. Throws `conflict` where two work that somebody has. */
export function rotate(
  secrets: readonly Secret[],
  { id, digest, keyVersion, ending }: Omit<MintedToken, "text"> & { readonly id: string },
  { cutover, overlap, linger, expiresAt }: RotationPlan,
  now: number,
): readonly Secret[] {
  const fresh: Secret = {
    id,
    digest,
    key_version: keyVersion,
    ending,
    state: "live",
    created_at: now,
    expires_at: expiresAt,
    first_used_at: null,
    dies_at: null,
    linger: 0,
    ended_at: null,
  };
  if (cutover === "now") return [...endAll(secrets, now), fresh];
  const single = withoutUnused(settle(secrets, now), now);
  const live = liveOf(single);
  if (live === undefined) throw new RangeError("a token without a live secret cannot be rotated");
  const diesAt = now + overlap;
  if (cutover === "first_use") {
    return [...single, { ...fresh, state: "pending", dies_at: diesAt, linger }];
  }
  return [...replace(single, live, { ...live, state: "retiring", dies_at: diesAt }), fresh];
}

/** The secrets once that one was used for the first time; the same where it was used before. */
export function confirm(
  secrets: readonly Secret[],
  secretId: string,
  now: number,
): readonly Secret[] {
  const settled = settle(secrets, now);
  const used = settled.find(({ id }) => id === secretId);
  if (used === undefined || !isAccepted(used, now) || used.first_used_at !== null) return settled;
  if (used.state !== "pending") return replace(settled, used, { ...used, first_used_at: now });
  const live = liveOf(settled);
  const confirmed = replace(settled, used, {
    ...used,
    state: "live",
    first_used_at: now,
    dies_at: null,
  });
  if (live === undefined) return confirmed;
  const isLingering = used.linger > 0 && live.expires_at > now;
  const replaced = isLingering
    ? { ...live, state: "retiring" as const, dies_at: now + used.linger }
    : end(live, "retired", now);
  return replace(confirmed, live, replaced);
}

/** The secrets once the one that works ends later. Throws `conflict` while there are two. */
export function extend(
  settled: readonly Secret[],
  readEnd: (live: Secret) => number,
): readonly Secret[] {
  const live = liveOf(settled);
  if (live === undefined || otherOf(settled) !== undefined) {
    throw new AppError("conflict", "The token is being rotated; extend it once that is over");
  }
  const expiresAt = readEnd(live);
  if (expiresAt < live.expires_at) {
    throw new AppError("conflict", "The token ends later than that already");
  }
  return replace(settled, live, { ...live, expires_at: expiresAt });
}

/** The secrets once the rotation is taken back: the new one is discarded, and the one before lives on. */
export function cancel(secrets: readonly Secret[], now: number): readonly Secret[] {
  const settled = settle(secrets, now);
  const other = otherOf(settled);
  if (other === undefined) throw new AppError("conflict", "No rotation of this token is under way");
  const kept = other.state === "pending" ? liveOf(settled) : other;
  if (kept === undefined || !isAccepted(kept, now)) {
    throw new AppError("conflict", "The secret before has expired: only the new one works");
  }
  return withoutUnused(settled, now);
}

/** Throws where the new one is in use: taking it away would lock out whoever has it. */
function withoutUnused(settled: readonly Secret[], now: number): readonly Secret[] {
  const other = otherOf(settled);
  if (other === undefined) return settled;
  if (other.state === "pending") {
    return replace(settled, other, end(other, "discarded", now));
  }
  const live = liveOf(settled);
  if (live === undefined || live.first_used_at !== null) {
    const until = new Date(other.dies_at ?? now).toISOString();
    throw new AppError(
      "conflict",
      `The new secret is in use, and the one before it works until ${until}; wait until then, or cut over now`,
    );
  }
  const discarded = replace(settled, live, end(live, "discarded", now));
  return replace(discarded, other, { ...other, state: "live", dies_at: null });
}

/** At once; those that nobody used count as discarded. */
function endAll(secrets: readonly Secret[], now: number): readonly Secret[] {
  return settle(secrets, now).map((secret) => {
    if (secret.ended_at !== null) return secret;
    return end(secret, secret.state === "pending" ? "discarded" : "retired", now);
  });
}

/** Without those that ended before the last ones. */
export function keepSome(secrets: readonly Secret[]): readonly Secret[] {
  const forgotten = new Set(
    (["retired", "discarded"] as const).flatMap((state) =>
      secrets
        .filter((secret) => secret.state === state)
        .toSorted((one, other) => (other.ended_at ?? 0) - (one.ended_at ?? 0))
        .slice(maximumEnded[state]),
    ),
  );
  return forgotten.size === 0 ? secrets : secrets.filter((secret) => !forgotten.has(secret));
}
