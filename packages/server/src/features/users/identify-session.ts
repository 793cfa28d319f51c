import { AppError } from "@tessera/contract";
import type { SessionPrincipal } from "../../access/principal.ts";
import type { Deps } from "../../deps.ts";
import { prepareSessionRead } from "./session-store.ts";
import { readSessionToken } from "./session-tokens.ts";

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
    if (token.expiresAt <= deps.clock()) throw new AppError("token_expired");
    const session = await readSession(token.sessionId);
    if (session === undefined || session.user_id !== token.userId) throw endedSession();
    if (session.user_status === "disabled") throw new AppError("owner_disabled");
    if (session.user_status === "deleted" || session.ended_at !== null) throw endedSession();
    return {
      kind: "session",
      userId: session.user_id,
      isAdmin: session.user_role === "admin",
      sessionId: token.sessionId,
      expiresAt: token.expiresAt,
    };
  };
}

/** 401 for a session that once was good. */
export function endedSession(): AppError {
  return new AppError("unauthenticated", "The session has ended; sign in again");
}
