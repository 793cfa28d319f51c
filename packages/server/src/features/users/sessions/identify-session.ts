import { AppError, type ErrorCode } from "@tessera/contract";
import type { SessionPrincipal } from "../../../access/principal.ts";
import type { Deps } from "../../../deps.ts";
import { RefusedCredential } from "../../../http/refused-credential.ts";
import { findSessionForCheck, prepareSessionRead, type SessionForCheck } from "./session-store.ts";
import { readSessionToken } from "./session-tokens.ts";

type CheckDeps = Pick<Deps, "clock" | "config">;
type SessionOfUser = Pick<SessionPrincipal, "sessionId" | "userId">;
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
  const of = { sessionId, userId };
  const isEnded = session === undefined || session.user_id !== userId || session.ended_at !== null;
  if (expiresAt <= clock()) {
    // Of a session that goes on it is renewed now and then: nothing that is worth a record.
    throw isEnded ? refusedSession(of, "token_expired") : new AppError("token_expired");
  }
  if (session?.user_status === "disabled") throw refusedSession(of, "owner_disabled");
  if (isEnded || session.user_status === "deleted") throw endedSession(of);
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
export function endedSession({ sessionId, userId }: SessionOfUser): AppError {
  const holder = { kind: "session", id: sessionId, userId, isProven: true } as const;
  return new RefusedCredential("unauthenticated", holder, {
    because: "session_ended",
    message: "The session has ended; sign in again",
  });
}

export function refusedSession({ sessionId, userId }: SessionOfUser, code: ErrorCode): AppError {
  return new RefusedCredential(code, { kind: "session", id: sessionId, userId, isProven: true });
}
