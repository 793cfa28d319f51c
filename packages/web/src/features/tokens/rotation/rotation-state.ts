import { readWireTime } from "@tessera/sdk";
import type { Token } from "../../../api/tokens.ts";

export type TokenSecret = Token["secrets"][number];

/** A token while two secrets of it work, or one of them waits for its first use. */
export interface Rotation {
  readonly fresh: TokenSecret;
  readonly before: TokenSecret;
  /** Whether somebody has the new one: then it is not taken back any more. */
  readonly isUsed: boolean;
}

/** The rotation that is under way, if there is one. */
export function rotationOf({
  status,
  secrets,
}: Pick<Token, "status" | "secrets">): Rotation | undefined {
  if (status !== "active") return undefined;
  const of = (wanted: TokenSecret["state"]) => secrets.find(({ state }) => state === wanted);
  const live = of("live");
  if (live === undefined) return undefined;
  const pending = of("pending");
  if (pending !== undefined) return { fresh: pending, before: live, isUsed: false };
  const retiring = of("retiring");
  if (retiring === undefined) return undefined;
  return { fresh: live, before: retiring, isUsed: readWireTime(live.first_used_at) !== null };
}

/** What came of a new secret that was waited for. */
export type RotationEnd = "switched" | "unused" | "discarded";

/** `undefined`: nothing is known of it any more. */
export function endOfRotation(
  { secrets }: Pick<Token, "secrets">,
  freshId: string,
): RotationEnd | undefined {
  const fresh = secrets.find(({ id }) => id === freshId);
  if (fresh?.state === "discarded") return "discarded";
  if (fresh?.state !== "live") return undefined;
  return readWireTime(fresh.first_used_at) === null ? "unused" : "switched";
}
