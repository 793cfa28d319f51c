import type { SecretState } from "../../../store/schema.ts";

/**
 * What decides whether a secret works. A token has at most two that do: a `live` one, and besides either a `pending` one,
 * which nobody has used yet, or a `retiring` one, which the live one has replaced. Times are milliseconds since the epoch.
 */
export interface SecretTimes {
  readonly id: string;
  readonly state: SecretState;
  readonly expires_at: number;
  readonly first_used_at: number | null;
  /** Of a pending one: when it is discarded unless it was used; of a retiring one: when it works no more. */
  readonly dies_at: number | null;
  readonly ended_at: number | null;
}

/**
 * The secrets as they are at that time: what has come due is done, whether or not it was written down. A pending one that
 * nobody used is discarded, but never where the live one had expired by then: the last that works is kept.
 */
export function settle<S extends SecretTimes>(secrets: readonly S[], now: number): readonly S[] {
  const due = secrets.find(
    ({ state, dies_at }) =>
      (state === "pending" || state === "retiring") && dies_at !== null && dies_at <= now,
  );
  if (due === undefined) return secrets;
  const at = due.dies_at ?? now;
  if (due.state === "retiring") return replace(secrets, due, end(due, "retired", at));
  const live = liveOf(secrets);
  if (live !== undefined && live.expires_at > at) {
    return replace(secrets, due, end(due, "discarded", at));
  }
  const settled = replace(secrets, due, { ...due, state: "live", dies_at: null });
  return live === undefined ? settled : replace(settled, live, end(live, "retired", at));
}

/** Whether it works at that time, as the settled secrets of its token are. */
export function isAccepted({ ended_at, expires_at }: SecretTimes, now: number): boolean {
  return ended_at === null && expires_at > now;
}

/**
 * Whether its first use has to be written down before it is answered: something hangs on whether anybody has it. Where
 * no other secret waits for it to be used, or dies for it, nothing does.
 */
export function awaitsFirstUse(
  secret: SecretTimes,
  settled: readonly SecretTimes[],
  now: number,
): boolean {
  if (secret.state === "pending") return true;
  if (secret.state !== "live" || secret.first_used_at !== null) return false;
  return settled.some((other) => other.state === "retiring" && isAccepted(other, now));
}

/** When it ends by itself. */
export function endOf({ state, expires_at, dies_at }: SecretTimes): number {
  return state === "retiring" && dies_at !== null ? Math.min(dies_at, expires_at) : expires_at;
}

/** Until when what is known of one that nobody has used is true: a pending one is then discarded, or is live. */
export function unusedEndOf(secret: SecretTimes): number {
  return Math.min(endOf(secret), secret.dies_at ?? Number.POSITIVE_INFINITY);
}

export function liveOf<S extends SecretTimes>(secrets: readonly S[]): S | undefined {
  return secrets.find(({ state }) => state === "live");
}

/** The other one that works, if there are two. */
export function otherOf<S extends SecretTimes>(secrets: readonly S[]): S | undefined {
  return secrets.find(({ state }) => state === "pending" || state === "retiring");
}

export function end<S extends SecretTimes>(
  secret: S,
  state: "retired" | "discarded",
  at: number,
): S {
  return { ...secret, state, ended_at: at };
}

export function replace<S extends SecretTimes>(
  secrets: readonly S[],
  { id }: Pick<S, "id">,
  by: S,
): readonly S[] {
  return secrets.map((secret) => (secret.id === id ? by : secret));
}
