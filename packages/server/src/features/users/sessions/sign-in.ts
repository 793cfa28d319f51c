import { AppError, type EventName, revealHidden } from "@tessera/contract";
import type { FastifyRequest } from "fastify";
import type { Actor } from "../../../access/actor.ts";
import type { Change } from "../../../changes/change-hub.ts";
import type { Deps } from "../../../deps.ts";
import { networkOf } from "../../../http/network-address.ts";
import { findKnownDevice } from "../passwords/known-device.ts";
import type { CheckPassword } from "../passwords/password-check.ts";
import {
  findUser,
  findUserBySignInName,
  requireUser,
  type StoredUser,
} from "../people/user-store.ts";
import { createDeviceCookie } from "./device-cookie.ts";
import { forgetOldSessions, insertSession } from "./session-store.ts";
import { noteSignInPlace } from "./sign-in-place-store.ts";
import { signTokenPair, type TokenPair } from "./token-pair.ts";

export interface SignInInput {
  /** Username or email. */
  readonly username: string;
  readonly password: string;
  readonly description: string;
}

export interface SignedIn {
  readonly pair: TokenPair;
  readonly user: StoredUser;
}

/** Of more sessions of one user the one that was unused for longest ends. */
const maximumSessionsOfUser = 100;
const maximumUserAgentLength = 512;

/**
 * Returns the function that begins a session. It throws one and the same `wrong_credentials` for an unknown user,
 * a wrong password and a user who is not enabled, and `rate_limited` after too many of them.
 */
export function createSignIn(
  deps: Deps,
  checkPassword: CheckPassword,
): (
  input: SignInInput,
  request: FastifyRequest,
  actor: Actor,
  eventName: EventName,
) => Promise<SignedIn> {
  const { config, database, hub, keys, clock, newId } = deps;
  const deviceCookie = createDeviceCookie(config.public_url);

  return async ({ username, password, description }, request, actor, eventName) => {
    const account = await findUserBySignInName(database.read, username);
    const attempt = {
      purpose: "signIn",
      names: [username],
      user: account,
      password,
      request,
    } as const;
    const isRight = await checkPassword(attempt);
    if (account === undefined || !isRight) throw new AppError("wrong_credentials");
    const user = await requireUser(database.read, account.id);

    const now = clock();
    const sessionId = newId();
    const expiresAt = now + config.refresh_token_lifetime;
    const keyVersion = keys.version;
    const origin = {
      ...{ sessionId, userId: user.id, expiresAt, generation: 0, issuedAt: now },
      keyVersion,
    };
    const pair = await signTokenPair(deps, origin);
    const userAgent = readUserAgent(request);
    const isKnown = findKnownDevice(keys, deviceCookie.read(request), account, now) !== undefined;
    const begin = async ({ trx, touch, relyOn, record }: Change) => {
      relyOn("user", user.id);
      await requireUnchanged(trx, account);
      const kept = maximumSessionsOfUser - 1;
      const forgotten = await forgetOldSessions(trx, { userId: user.id, kept, now });
      for (const id of forgotten) touch("session", id);
      await insertSession(trx, {
        id: sessionId,
        user_id: user.id,
        description,
        refresh_digest: keys.digest("refresh-token", pair.refreshToken, keyVersion),
        key_version: keyVersion,
        created_at: now,
        expires_at: expiresAt,
        confirmed_at: now,
        address: actor.address,
        user_agent: userAgent,
      });
      const principal = {
        kind: "session",
        userId: user.id,
        isAdmin: user.role === "admin",
        sessionId,
        expiresAt: pair.accessExpiresAt,
        confirmedAt: now,
      } as const;
      record({ name: eventName, entityId: sessionId, by: principal });
      const { address } = actor;
      const place = { userId: user.id, network: networkOf(address), at: now };
      const isNew = await noteSignInPlace(trx, place);
      if (!isNew || isKnown) return;
      const details = { address, user_agent: userAgent ?? "" };
      record({ name: "sessions.new_place", entityId: sessionId, by: principal, details });
    };
    await database.runFor({ caller: user.id }, () => hub.change(actor, begin));
    return { pair, user };
  };
}

/** A header cannot be refused for its text, which the user is shown: what would act on a terminal is made visible. */
function readUserAgent({ headers }: FastifyRequest): string | null {
  const text = headers["user-agent"];
  return text === undefined ? null : revealHidden(text).slice(0, maximumUserAgentLength);
}

/** Who was disabled, or changed the password, while it was checked is not signed in. */
export async function requireUnchanged(
  trx: Parameters<typeof findUser>[0],
  { id, password_hash }: Pick<StoredUser, "id" | "password_hash">,
): Promise<void> {
  const user = await findUser(trx, id);
  if (user?.status === "enabled" && user.password_hash === password_hash) return;
  throw new AppError("wrong_credentials");
}
