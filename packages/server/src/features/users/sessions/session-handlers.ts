import { AppError, type EventName, type sessionEndpoints, wireTime } from "@tessera/contract";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Actor } from "../../../access/actor.ts";
import type { Deps } from "../../../deps.ts";
import { readBearer, requireNamedPerson, requireOwnPage } from "../../../http/authenticate.ts";
import type { Handlers } from "../../../http/endpoint-handlers.ts";
import type { AccountLoad } from "../accounts/account-load.ts";
import { removeLinksMadeBy } from "../links/link-store.ts";
import { addKnownDevice } from "../passwords/known-device.ts";
import type { CheckPassword } from "../passwords/password-check.ts";
import { toFullReply } from "../people/user-reply.ts";
import { requireUser } from "../people/user-store.ts";
import { createDeviceCookie } from "./device-cookie.ts";
import { createRefresh } from "./refresh-session.ts";
import { createSessionCookies } from "./session-cookies.ts";
import { createSessionShares, type SessionChange, type SessionToken } from "./session-shares.ts";
import { endSession, listLiveSessions, updateSession } from "./session-store.ts";
import { createSignIn, requireUnchanged } from "./sign-in.ts";
import type { TokenPair } from "./token-pair.ts";

/** The handlers of signing in and out, with tokens in the reply or in a browser's cookies. */
export function sessionHandlers(
  deps: Deps,
  checkPassword: CheckPassword,
  accountLoad: AccountLoad,
): Handlers<(typeof sessionEndpoints)[number]> {
  const { database, hub, keys, clock, randomBytes } = deps;
  const signIn = createSignIn(deps, checkPassword);
  const shares = createSessionShares(deps, accountLoad);
  const refresh = createRefresh(deps, shares);
  const cookies = createSessionCookies(deps.config.public_url);
  const deviceCookie = createDeviceCookie(deps.config.public_url);

  return {
    "sessions.issue": async ({ body, request, actor }) => {
      const { pair } = await signIn(body, request, actor, "sessions.issue");
      return toWirePair(pair);
    },

    "sessions.refresh": async ({ request, actor }) => {
      return toWirePair(await refresh(readBearer(request), actor));
    },

    "sessions.confirm": async ({ body, principal, actor, request }) => {
      const { userId, sessionId } = principal;
      const user = await requireUser(database.read, userId);
      const attempt = {
        names: [user.username, user.email],
        user,
        password: body.password,
        request,
      };
      if (!(await checkPassword({ purpose: "confirm", ...attempt }))) {
        const message = "password: is not your present password";
        throw new AppError("invalid_body", message, { field: "password" });
      }
      await hub.change(actor, async ({ trx, touch, record }) => {
        await requireUnchanged(trx, user);
        await updateSession(trx, sessionId, { confirmed_at: clock() });
        touch("session", sessionId, { takesNothing: true });
        record({ name: "sessions.confirm", entityId: sessionId });
      });
    },

    "sessions.revoke": async ({ body, principal, actor }) => {
      const { userId, sessionId: own } = principal;
      const sessionId = body.token_id;
      await end({ userId, sessionId, isOther: sessionId !== own }, actor, "sessions.revoke");
    },

    "sessions.list": async ({ principal }) => {
      const sessions = await listLiveSessions(database.lists, principal.userId, clock());
      return {
        refresh_tokens: sessions.map((session) => ({
          id: session.id,
          description: session.description,
          created_at: wireTime(session.created_at),
          expires_at: wireTime(session.expires_at),
          last_used_at: wireTime(session.last_used_at),
          address: session.address ?? "",
          user_agent: session.user_agent ?? "",
          current: session.id === principal.sessionId,
        })),
      };
    },

    "web_session.sign_in": async ({ body, request, reply, actor }) => {
      requireOwnPage(request);
      const { pair, user } = await signIn(body, request, actor, "web_session.sign_in");
      const now = clock();
      cookies.set(request, reply, pair, now);
      const device = addKnownDevice(keys, deviceCookie.read(request), user, { now, randomBytes });
      deviceCookie.set(request, reply, device);
      return toFullReply(user, user.id);
    },

    "web_session.refresh": async ({ request, reply, actor }) => {
      requireOwnPage(request);
      const pair = await refreshFromCookie(request, reply, actor);
      cookies.set(request, reply, pair, clock());
    },

    "web_session.sign_out": async ({ request, reply, actor }) => {
      requireOwnPage(request);
      const live: { token: SessionToken; taken: SessionChange }[] = [];
      try {
        for (const token of await findSessions(request, actor.address)) {
          requireNamedPerson(request, token.userId);
          const taken = await shares.takeChange(token, actor.address);
          if (taken !== undefined) live.push({ token, taken });
        }
        // Only now: a browser that is told to try again still has what ends its session.
        cookies.clear(request, reply);
        for (const { token, taken } of live) {
          await taken.run(() => end(token, actor, "web_session.sign_out"));
        }
      } finally {
        for (const { taken } of live) taken.end();
      }
    },
  };

  /** Of the sent cookies; an expired access token will do: it says which session is meant, and was signed here. */
  async function findSessions(request: FastifyRequest, address: string) {
    const sent = cookies.read(request);
    const found = new Map<string, SessionToken>();
    for (const cookie of [sent.refresh, sent.access]) {
      const token = cookie === undefined ? undefined : await shares.read(cookie, address);
      if (token !== undefined) found.set(token.sessionId, token);
    }
    return found.values();
  }

  async function refreshFromCookie(
    request: FastifyRequest,
    reply: FastifyReply,
    actor: Parameters<typeof refresh>[1],
  ): Promise<TokenPair> {
    const { refresh: cookie } = cookies.read(request);
    if (cookie === undefined || cookie === "") throw new AppError("unauthenticated");
    try {
      return await refresh(cookie, actor);
    } catch (error) {
      // A browser would send what is no longer good again and again.
      if (error instanceof AppError && error.code !== "rate_limited") cookies.clear(request, reply);
      throw error;
    }
  }

  async function end(
    { userId, sessionId, isOther = false }: SessionToEnd,
    actor: Actor,
    eventName: EventName,
  ): Promise<void> {
    await hub.change(actor, async ({ trx, touch, record }) => {
      const at = clock();
      if (!(await endSession(trx, { userId, sessionId, at }))) return;
      // Somebody else may have had it, and it is not known what was made in which session.
      if (isOther) await removeLinksMadeBy(trx, userId);
      touch("session", sessionId);
      record({ name: eventName, entityId: sessionId });
    });
  }
}

interface SessionToEnd {
  readonly userId: string;
  readonly sessionId: string;
  /** Than the one that ends it. */
  readonly isOther?: boolean;
}

function toWirePair({ accessToken, refreshToken }: TokenPair) {
  return { access_token: accessToken, refresh_token: refreshToken };
}
