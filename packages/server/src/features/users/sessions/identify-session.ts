import { AppError } from "@tessera/contract";
import type { SessionPrincipal } from "../../../access/principal.ts";
import type { Deps } from "../../../deps.ts";
import { findSessionForCheck, prepareSessionRead, type SessionForCheck } from "./session-store.ts";
import { readSessionToken } from "./session-tokens.ts";

type SessionClaim = Pick<SessionPrincipal, "sessionId" | "userId" | "expiresAt">;

/**
 * Returns the function that proves the access token of a session.
 * It throws 401; why, only to someone whose token was issued here.
 */
export function createIdentifySession(
  deps: Deps,
): (accessToken: string) => Promise<SessionPrincipal> {
  const readSession = prepareSessionRead(deps.database);
  return async (accessToken) => {
    const token = await readSessionToken(deps.keys, accessToken);
    if (token?.kind !== "access") throw new AppError("unauthenticated");
    return toPrincipal(token, await readSession(token.sessionId), deps.clock());
  };
}

/** The session, once proved, as the transaction reads it; throws 401 where it is no longer good. */
export async function identifySessionAgain(
  trx: Parameters<typeof findSessionForCheck>[0],
  principal: SessionPrincipal,
  now: number,
): Promise<SessionPrincipal> {
  return toPrincipal(principal, await findSessionForCheck(trx, principal.sessionId), now);
}

function toPrincipal(
  { sessionId, userId, expiresAt }: SessionClaim,
  session: SessionForCheck | undefined,
  now: number,
): SessionPrincipal {
  if (expiresAt <= now) throw new AppError("token_expired");
  if (session === undefined || session.user_id !== userId) throw endedSession();
  if (session.user_status === "disabled") throw new AppError("owner_disabled");
  if (session.user_status === "deleted" || session.ended_at !== null) throw endedSession();
  return {
    kind: "session",
    userId,
    isAdmin: session.user_role === "admin",
    sessionId,
    expiresAt,
    confirmedAt: session.confirmed_at,
  };
}

/** 401 for a session that once was good. */
export function endedSession(): AppError {
  return new AppError("unauthenticated", "The session has ended; sign in again");
}
