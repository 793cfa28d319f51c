import { AppError } from "@tessera/contract";
import type { SessionPrincipal } from "../../../access/principal.ts";
import type { Deps } from "../../../deps.ts";
import { findSessionForCheck, prepareSessionRead, type SessionForCheck } from "./session-store.ts";
import { readSessionToken } from "./session-tokens.ts";

type CheckDeps = Pick<Deps, "clock" | "config">;
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
    return toPrincipal(token, await readSession(token.sessionId), deps);
  };
}

/** The session, once proved, as the transaction reads it; throws 401 where it is no longer good. */
export async function identifySessionAgain(
  trx: Parameters<typeof findSessionForCheck>[0],
  principal: SessionPrincipal,
  deps: CheckDeps,
): Promise<SessionPrincipal> {
  return toPrincipal(principal, await findSessionForCheck(trx, principal.sessionId), deps);
}

function toPrincipal(
  { sessionId, userId, expiresAt }: SessionClaim,
  session: SessionForCheck | undefined,
  { clock, config }: CheckDeps,
): SessionPrincipal {
  if (expiresAt <= clock()) throw new AppError("token_expired");
  if (session === undefined || session.user_id !== userId) throw endedSession();
  if (session.user_status === "disabled") throw new AppError("owner_disabled");
  if (session.user_status === "deleted" || session.ended_at !== null) throw endedSession();
  const isAdmin = session.user_role === "admin";
  return {
    kind: "session",
    userId,
    isAdmin,
    sessionId,
    expiresAt,
    confirmedAt: session.confirmed_at,
    // Not of administrators: who is to mend a mail server that sends nothing must be let in.
    mustVerify: config.require_verified_email && !isAdmin && session.user_verified_at === null,
  };
}

/** 401 for a session that once was good. */
export function endedSession(): AppError {
  return new AppError("unauthenticated", "The session has ended; sign in again");
}
