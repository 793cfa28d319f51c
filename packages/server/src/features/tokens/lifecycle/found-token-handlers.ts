import { AppError, type tokenEndpoints, wireTime } from "@tessera/contract";
import type { SessionPrincipal } from "../../../access/principal.ts";
import type { Deps } from "../../../deps.ts";
import type { Handlers } from "../../../http/endpoint-handlers.ts";
import { createRateLimit, requireRate } from "../../../http/rate-limit.ts";
import type { Trx } from "../../../store/database.ts";
import { settle } from "../rotation/secret-states.ts";
import { findTokenForCheck, findTokenWithOwner, type TokenWithOwner } from "./token-check-store.ts";
import { findPresentedSecret, readTokenId } from "./token-secret.ts";
import { hasEndedForGood, isRevokedForGood, statusOf } from "./token-state.ts";
import { revokeForGood } from "./token-store.ts";

export type FoundTokenId = "tokens.end_self" | "tokens.lookup" | "tokens.revoke_found";

/** Of one administrator. */
const lookupsPerMinute = 60;

/** The handlers for whoever holds a token that need not be theirs. */
export function foundTokenHandlers(
  deps: Deps,
): Handlers<Extract<(typeof tokenEndpoints)[number], { readonly id: FoundTokenId }>> {
  const { database, hub, clock } = deps;
  const lookups = createRateLimit(
    { count: lookupsPerMinute, perMilliseconds: 60_000, burst: lookupsPerMinute },
    clock,
  );

  return {
    "tokens.end_self": async ({ principal: { tokenId, userId }, actor }) => {
      const findUsable = async (handle: Pick<Trx, "selectFrom">) => {
        const stored = await findTokenForCheck(handle, tokenId);
        return stored === undefined || hasEndedForGood(stored, clock()) ? undefined : stored;
      };
      // What has ended may be ended as often as anybody likes: that costs no transaction.
      if ((await findUsable(database.read)) === undefined) return;
      await hub.change(actor, async ({ trx, touch, record }) => {
        const token = await findUsable(trx);
        if (token === undefined) return;
        await revokeForGood(trx, token, clock());
        touch("token", tokenId);
        const details = { reason: "ended by its holder", owner_id: userId };
        record({ name: "tokens.end_self", entityId: tokenId, details });
      });
    },

    "tokens.lookup": async ({ principal, body, actor }) => {
      const tokenId = readWholeToken(principal, body.token);
      const found = await hub.change(actor, async ({ trx, record }) => {
        const token = await findPresented(trx, tokenId, body.token);
        const details =
          token === undefined ? { found: false } : { found: true, owner_id: token.user_id };
        record({ name: "tokens.lookup", entityId: tokenId, details });
        return token;
      });
      if (found === undefined) throw unknownToken();
      return toReply(found, clock());
    },

    "tokens.revoke_found": async ({ principal, body, actor }) => {
      const tokenId = readWholeToken(principal, body.token);
      return hub.change(actor, async ({ trx, touch, record }) => {
        const token = await findPresented(trx, tokenId, body.token);
        if (token === undefined) throw unknownToken();
        const now = clock();
        if (isRevokedForGood(token)) return toReply(token, now);
        const revokedAt = await revokeForGood(trx, token, now);
        touch("token", tokenId);
        const details = { reason: "found by an administrator", owner_id: token.user_id };
        record({ name: "tokens.revoke_found", entityId: tokenId, details });
        return toReply({ ...token, revoked_at: revokedAt }, now);
      });
    },
  };

  /** The id that the text names. What is not whole was not copied right, which is worth saying. */
  function readWholeToken({ userId }: SessionPrincipal, text: string): string {
    requireRate(
      lookups,
      userId,
      (seconds) =>
        `One administrator may look up ${lookupsPerMinute} tokens a minute; try again in ${seconds} s`,
    );
    lookups.count(userId);
    const tokenId = readTokenId(text, deps);
    if (tokenId !== undefined) return tokenId;
    throw new AppError(
      "invalid_body",
      `token: must be a whole token of this server, like ${deps.config.token_prefix}_…; a character is missing or wrong`,
      { field: "token" },
    );
  }

  /** `undefined` alike for an id that no token has and for a secret that is wrong, or works no more. */
  async function findPresented(
    handle: Pick<Trx, "selectFrom">,
    tokenId: string,
    text: string,
  ): Promise<TokenWithOwner | undefined> {
    const stored = await findTokenWithOwner(handle, tokenId);
    if (stored === undefined) return undefined;
    const secret = findPresentedSecret(text, settle(stored.secrets, clock()), deps);
    return secret?.ended_at === null ? stored : undefined;
  }
}

function unknownToken(): AppError {
  return new AppError("not_found", "This server knows no such token");
}

function toReply(token: TokenWithOwner, now: number) {
  return {
    id: token.id,
    name: token.name,
    status: statusOf(token, now),
    issued_at: wireTime(token.issued_at),
    expires_at: wireTime(token.expires_at),
    revoked_at: wireTime(token.revoked_at),
    last_used_at: wireTime(token.last_used_at),
    owner: {
      id: token.user_id,
      username: token.owner_username,
      email: token.owner_email,
      status: token.owner_status,
    },
  };
}
