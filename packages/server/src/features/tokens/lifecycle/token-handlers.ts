import { AppError, type EventName, parseDuration, type tokenEndpoints } from "@tessera/contract";
import type { Actor } from "../../../access/actor.ts";
import type { SessionPrincipal } from "../../../access/principal.ts";
import type { Change } from "../../../changes/change-hub.ts";
import type { Deps } from "../../../deps.ts";
import type { Handlers } from "../../../http/endpoint-handlers.ts";
import type { Trx } from "../../../store/database.ts";
import { rowsOfPart, shrinkTokens } from "../../../store/delete-some.ts";
import { searchKey } from "../../../store/search-key.ts";
import { readConditions } from "../conditions/read-conditions.ts";
import { writeMaximum } from "../conditions/use-reserve-store.ts";
import { insertScopes } from "../scopes/scope-store.ts";
import { readScopeList, requireAddition } from "../scopes/wanted-scopes.ts";
import type { UsageReading } from "../usage/usage-reading.ts";
import { requireToken, unknownToken } from "./require-token.ts";
import { readExpiry, readRenewUntil } from "./token-lifetime.ts";
import { type ShownToken, tokenReplies, withSecrets, withTries } from "./token-reply.ts";
import { mintToken } from "./token-secret.ts";
import { isRestorable, isRevokedForGood, statusOf } from "./token-state.ts";
import {
  countTokens,
  deleteTokens,
  insertToken,
  listTokens,
  revokeForGood,
  revokeTokens,
  sizeTokens,
  type TokenSize,
  updateToken,
} from "./token-store.ts";

const orderColumns = {
  name: "name_key",
  issued_at: "issued_at",
  expires_at: "expires_at",
  last_used_at: "last_used_at",
} as const;

type TokenHandlers = Pick<
  Handlers<(typeof tokenEndpoints)[number]>,
  | "tokens.create"
  | "tokens.list"
  | "tokens.view"
  | "tokens.update_name"
  | "tokens.update_description"
  | "tokens.revoke"
  | "tokens.restore"
  | "tokens.delete"
  | "tokens.delete_all"
>;

/** The handlers of the caller's own personal access tokens: from their making to their end. */
export function tokenHandlers(deps: Deps, usage: UsageReading): TokenHandlers {
  const { config, database, hub, clock, newId } = deps;
  const reply = tokenReplies(deps, usage);

  return {
    "tokens.create": async ({ body, principal, actor }) => {
      const now = clock();
      const expiresAt = readExpiry(config, body, now);
      const renewUntil = readRenewUntil(body, expiresAt, now + config.max_token_lifetime);
      const { insert: scopes } = requireAddition([], readScopeList(deps, body.scopes));
      const conditions = readConditions(body.conditions, { at: "conditions.", expiresAt });
      const id = newId();
      const { text, ...minted } = mintToken(id, deps);
      return hub.change(actor, async ({ trx, touch, record }) => {
        if ((await countTokens(trx, principal.userId)) >= config.max_tokens_per_user) {
          throw new AppError(
            "limit_reached",
            `You have ${config.max_tokens_per_user} tokens, the most that one user may have; delete one first`,
          );
        }
        await insertToken(
          trx,
          {
            id,
            user_id: principal.userId,
            name: body.name,
            name_key: searchKey(body.name),
            description: body.description,
            issued_at: now,
            expires_at: expiresAt,
            lifetime: expiresAt - now,
            self_rotate: body.self_rotate ? 1 : 0,
            renew_until: renewUntil,
            on_retired_use: body.on_retired_use,
            conditions: conditions === undefined ? null : JSON.stringify(conditions),
          },
          { ...minted, id: newId() },
        );
        if (conditions?.max_uses !== undefined) await writeMaximum(trx, id, conditions.max_uses);
        await insertScopes(trx, id, scopes, newId, now);
        touch("token", id);
        record({
          name: "tokens.create",
          entityId: id,
          details: {
            name: body.name,
            scopes: scopes.length,
            ...(conditions === undefined ? {} : { conditions }),
          },
        });
        return { ...(await view(trx, principal, id)), secret: text };
      });
    },

    "tokens.list": async ({ query, principal }) => {
      const { offset, limit, order, dir, name, id, status } = query;
      const now = clock();
      const within = parseDuration(query.expires_within ?? "");
      const unusedFor = parseDuration(query.unused_for ?? "");
      const filter = {
        userId: principal.userId,
        name,
        id,
        status,
        domainId: query.domain,
        expiresBy: within === undefined ? undefined : now + within,
        unusedSince: unusedFor === undefined ? undefined : now - unusedFor,
        now,
      };
      const { total, shown } = await usage.allSteadily(async () => {
        const page = await listTokens(database, filter, {
          order: orderColumns[order],
          dir,
          offset,
          limit: query.only_total ? 0 : limit,
        });
        return { total: page.total, shown: await withSecrets(database.lists, page.tokens) };
      });
      return { total, offset, limit, pats: shown.map((one) => reply(one, now)) };
    },

    "tokens.view": async ({ params: { tokenId }, principal }) => {
      const shown = await usage.steadily(tokenId, () => load(database.read, principal, tokenId));
      return reply(shown, clock());
    },

    "tokens.update_name": async ({ params, body, principal, actor }) => {
      const change = { name: body.name, name_key: searchKey(body.name) };
      return changeToken(principal, params.tokenId, actor, "tokens.update_name", change);
    },

    "tokens.update_description": async ({ params, body, principal, actor }) => {
      const change = { description: body.description };
      return changeToken(principal, params.tokenId, actor, "tokens.update_description", change);
    },

    "tokens.revoke": async ({ params, principal, actor }) => {
      await hub.change(actor, async ({ trx, touch, record }) => {
        const token = await requireToken(trx, principal, params.tokenId);
        if (isRevokedForGood(token)) return;
        await revokeForGood(trx, token, clock());
        touch("token", params.tokenId);
        record({ name: "tokens.revoke", entityId: params.tokenId });
      });
    },

    "tokens.restore": async ({ params, principal, actor }) =>
      hub.change(actor, async ({ trx, touch, record }) => {
        const now = clock();
        const token = await requireToken(trx, principal, params.tokenId);
        if (statusOf(token, now) === "active") return view(trx, principal, params.tokenId);
        if (!isRestorable(token, now)) {
          throw new AppError("conflict", "The token has ended for good; regenerate it instead");
        }
        const change = { revoked_at: null, is_restorable: 0, updated_at: now } as const;
        await updateToken(trx, principal.userId, params.tokenId, change);
        touch("token", params.tokenId);
        record({ name: "tokens.restore", entityId: params.tokenId });
        return view(trx, principal, params.tokenId);
      }),

    "tokens.delete": async ({ params: { tokenId }, principal, actor, weigh }) => {
      const { userId } = principal;
      const isDone = await hub.change(actor, async (change) => {
        const { trx, touch, record } = change;
        const [token] = await sizeTokens(trx, userId, { now: clock(), tokenId });
        if (token === undefined) throw unknownToken();
        weigh(token.rows);
        if (token.rows <= rowsOfPart) return deletePart(change, userId, [tokenId]);
        const present = await requireToken(trx, principal, tokenId);
        if (!isRevokedForGood(present)) record({ name: "tokens.revoke", entityId: tokenId });
        await revokeForGood(trx, present, clock());
        touch("token", tokenId);
        return false;
      });
      if (!isDone) await deleteInParts(actor, userId, [tokenId]);
    },

    "tokens.delete_all": async ({ principal: { userId }, actor, weigh }) => {
      const parts = await hub.change(actor, async (change) => {
        const tokens = await sizeTokens(change.trx, userId, { now: clock() });
        const sum = tokens.reduce((total, { rows }) => total + 1 + rows, 0);
        weigh(sum);
        const all = inParts(tokens);
        const isMuch = sum > rowsOfPart;
        if (isMuch) await revokeAll(change, userId);
        else await deletePart(change, userId, all[0] ?? []);
        return isMuch ? all : [];
      });
      for (const part of parts) await deleteInParts(actor, userId, part);
    },
  };

  async function deletePart(
    { trx, touch, record }: Pick<Change, "trx" | "touch" | "record">,
    userId: string,
    part: readonly string[],
  ): Promise<true> {
    for (const id of await deleteTokens(trx, userId, part)) {
      touch("token", id);
      record({ name: "tokens.delete", entityId: id });
    }
    return true;
  }

  /** Tokens that are revoked: what hangs on them goes first, so much at a time that others make changes in between. */
  async function deleteInParts(
    actor: Actor,
    userId: string,
    part: readonly string[],
  ): Promise<void> {
    const deleteSome = () =>
      hub.change(actor, async (change) => {
        const rows = await shrinkTokens(change.trx, part);
        return rows === rowsOfPart ? false : deletePart(change, userId, part);
      });
    while (!(await deleteSome()));
  }

  /** None works from then on, however long it takes to delete them, and also where that is cut short. */
  async function revokeAll(
    { trx, touch, record }: Pick<Change, "trx" | "touch" | "record">,
    userId: string,
  ): Promise<void> {
    for (const id of await revokeTokens(trx, userId, clock())) {
      touch("token", id);
      record({ name: "tokens.revoke", entityId: id });
    }
  }

  async function load(
    handle: Pick<Trx, "selectFrom">,
    principal: SessionPrincipal,
    tokenId: string,
  ): Promise<ShownToken> {
    return withTries(handle, await requireToken(handle, principal, tokenId));
  }

  async function view(trx: Trx, principal: SessionPrincipal, tokenId: string) {
    return reply(await load(trx, principal, tokenId), clock());
  }

  async function changeToken(
    principal: SessionPrincipal,
    tokenId: string,
    actor: Actor,
    eventName: EventName,
    change: Parameters<typeof updateToken>[3],
  ) {
    const now = clock();
    return hub.change(actor, async ({ trx, touch, record }) => {
      await requireToken(trx, principal, tokenId);
      await updateToken(trx, principal.userId, tokenId, { ...change, updated_at: now });
      touch("token", tokenId);
      record({ name: eventName, entityId: tokenId });
      return view(trx, principal, tokenId);
    });
  }
}

/** As many tokens together as have so few rows that deleting them does not hold up others; in the order given. */
function inParts(tokens: readonly TokenSize[]): readonly (readonly string[])[] {
  const parts: string[][] = [];
  let rowsSoFar = Number.POSITIVE_INFINITY;
  for (const { id, rows } of tokens) {
    rowsSoFar += 1 + rows;
    if (rowsSoFar > rowsOfPart) {
      parts.push([]);
      rowsSoFar = 1 + rows;
    }
    parts.at(-1)?.push(id);
  }
  return parts;
}
