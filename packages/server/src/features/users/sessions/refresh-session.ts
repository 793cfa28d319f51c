import { AppError } from "@tessera/contract";
import type { Actor } from "../../../access/actor.ts";
import type { Change } from "../../../changes/change-hub.ts";
import type { Deps } from "../../../deps.ts";
import { removeLinksMadeBy } from "../links/link-store.ts";
import { endedSession, refusedSession } from "./identify-session.ts";
import { isLive, type SessionShares } from "./session-shares.ts";
import { endSession, findSession, updateSession } from "./session-store.ts";
import type { RefreshToken } from "./session-tokens.ts";
import { type PairOrigin, signTokenPair, type TokenPair } from "./token-pair.ts";

/**
 * How long a replaced refresh token is still answered with the token that replaced it: two tabs of a browser
 * refresh at the same moment, and an answer can be lost on the way.
 */
const graceMilliseconds = 10_000;

/** What became of a presented refresh token; `origin` is what its successor is signed from. */
type Outcome = { readonly origin: PairOrigin } | { readonly refusal: AppError };

/**
 * Returns the function that trades a refresh token for a new pair of tokens. It throws 401 for one that is not good;
 * one that was replaced before ends its session, because two parties have it.
 */
export function createRefresh(
  deps: Deps,
  shares: SessionShares,
): (refreshToken: string, actor: Actor) => Promise<TokenPair> {
  const { hub, keys, clock } = deps;

  return async (text, actor) => {
    const now = clock();
    const token = await shares.read(text, actor.address);
    if (token?.kind !== "refresh") throw new AppError("unauthenticated");
    if (token.expiresAt <= now) throw new AppError("token_expired");
    const taken = await shares.takeChange(token, actor.address);
    if (taken === undefined) throw endedSession(token);
    try {
      return await taken.run(() => trade(text, token, actor, now));
    } finally {
      taken.end();
    }
  };

  async function trade(
    text: string,
    token: RefreshToken,
    actor: Actor,
    now: number,
  ): Promise<TokenPair> {
    const keyVersion = keys.version;
    const next = { ...token, generation: token.generation + 1, issuedAt: now, keyVersion };
    const nextPair = await signTokenPair(deps, next);
    const outcome = await hub.change(actor, async (change): Promise<Outcome> => {
      const { trx, relyOn } = change;
      const session = await findSession(trx, token.sessionId);
      relyOn("user", token.userId);
      if (!isLive(session, token.userId)) return { refusal: endedSession(token) };
      if (session.user_status !== "enabled")
        return { refusal: refusedSession(token, "owner_disabled") };
      if (keys.standing(session.key_version) === "dropped") return { refusal: endedSession(token) };
      if (session.refresh_digest === keys.digest("refresh-token", text, session.key_version)) {
        await updateSession(trx, token.sessionId, {
          refresh_digest: keys.digest("refresh-token", nextPair.refreshToken, keyVersion),
          key_version: keyVersion,
          refresh_generation: next.generation,
          last_used_at: now,
          address: actor.address,
        });
        return { origin: next };
      }
      const replacedAt = session.last_used_at ?? 0;
      const isJustReplaced = session.refresh_generation === next.generation;
      if (isJustReplaced && Math.abs(now - replacedAt) < graceMilliseconds) {
        return { origin: { ...next, issuedAt: replacedAt, keyVersion: session.key_version } };
      }
      await endReusedSession(change, token, now);
      return { refusal: endedSession(token) };
    });
    if ("refusal" in outcome) throw outcome.refusal;
    return outcome.origin === next ? nextPair : signTokenPair(deps, outcome.origin);
  }
}

async function endReusedSession(
  { trx, touch, record }: Change,
  { userId, sessionId, generation }: RefreshToken,
  at: number,
): Promise<void> {
  await endSession(trx, { userId, sessionId, at });
  await removeLinksMadeBy(trx, userId);
  touch("session", sessionId);
  const details = { user_id: userId, generation };
  record({ name: "sessions.reuse_detected", entityId: sessionId, details });
}
