import {
  AppError,
  type EventName,
  isScopeProblem,
  parseDuration,
  type Scope,
  type ScopeWire,
  type Target,
  type tokenEndpoints,
  wireTime,
} from "@tessera/contract";
import type { Actor } from "../../../access/actor.ts";
import type { SessionPrincipal } from "../../../access/principal.ts";
import type { Deps } from "../../../deps.ts";
import type { Handlers } from "../../../http/endpoint-handlers.ts";
import type { Decide } from "../../../http/guard.ts";
import type { Trx } from "../../../store/database.ts";
import { searchKey } from "../../../store/search-key.ts";
import { addScopes } from "../scopes/scope-set.ts";
import type { FoundTokenId } from "./found-token-handlers.ts";
import { mintToken } from "./token-secret.ts";
import { statusOf } from "./token-state.ts";
import {
  countTokens,
  deleteScopes,
  deleteTokens,
  findToken,
  insertScopes,
  insertToken,
  listScopes,
  listTokens,
  type NamedScope,
  readDailyUse,
  readScopes,
  updateToken,
  type VisibleToken,
} from "./token-store.ts";

const orderColumns = {
  name: "name_key",
  issued_at: "issued_at",
  expires_at: "expires_at",
  last_used_at: "last_used_at",
} as const;

/** The handlers of the caller's own personal access tokens. */
export function tokenHandlers(
  deps: Deps,
  decide: Decide,
): Handlers<Exclude<(typeof tokenEndpoints)[number], { readonly id: FoundTokenId }>> {
  const { config, catalogue, database, hub, clock, newId } = deps;

  return {
    "tokens.create": async ({ body, principal, actor }) => {
      const now = clock();
      const expiresAt = now + readLifetime(body.duration);
      const added = addScopes([], readScopeList(body.scopes));
      const scopes = insertsOf(added);
      const id = newId();
      const { text, digest, keyVersion } = mintToken(id, deps);
      return hub.change(actor, async ({ trx, touch, record }) => {
        if ((await countTokens(trx, principal.userId)) >= config.max_tokens_per_user) {
          throw new AppError(
            "limit_reached",
            `You have ${config.max_tokens_per_user} tokens, the most that one user may have; delete one first`,
          );
        }
        await insertToken(trx, {
          id,
          user_id: principal.userId,
          name: body.name,
          name_key: searchKey(body.name),
          description: body.description,
          digest,
          key_version: keyVersion,
          issued_at: now,
          expires_at: expiresAt,
        });
        await insertScopes(trx, id, scopes, newId, now);
        touch("token", id);
        record({
          name: "tokens.create",
          entityId: id,
          details: { name: body.name, scopes: scopes.length },
        });
        return { ...toReply(await requireToken(trx, principal, id), now), secret: text };
      });
    },

    "tokens.list": async ({ query, principal }) => {
      const { offset, limit, order, dir, name, id, status } = query;
      const now = clock();
      const { total, tokens } = await listTokens(
        database,
        { userId: principal.userId, name, id, status, now },
        { order: orderColumns[order], dir, offset, limit: query.only_total ? 0 : limit },
      );
      return { total, offset, limit, pats: tokens.map((token) => toReply(token, now)) };
    },

    "tokens.view": async ({ params, principal }) => {
      return toReply(await requireToken(database.read, principal, params.tokenId), clock());
    },

    "tokens.update_name": async ({ params, body, principal, actor }) => {
      const change = { name: body.name, name_key: searchKey(body.name) };
      return changeToken(principal, params.tokenId, actor, "tokens.update_name", change);
    },

    "tokens.update_description": async ({ params, body, principal, actor }) => {
      const change = { description: body.description };
      return changeToken(principal, params.tokenId, actor, "tokens.update_description", change);
    },

    "tokens.regenerate": async ({ params, body, principal, actor }) => {
      const now = clock();
      const expiresAt = now + readLifetime(body.duration);
      const { text, digest, keyVersion } = mintToken(params.tokenId, deps);
      const token = await changeToken(principal, params.tokenId, actor, "tokens.regenerate", {
        digest,
        key_version: keyVersion,
        issued_at: now,
        expires_at: expiresAt,
        revoked_at: null,
      });
      return { ...token, secret: text };
    },

    "tokens.revoke": async ({ params, principal, actor }) => {
      await hub.change(actor, async ({ trx, touch, record }) => {
        const { revoked_at } = await requireToken(trx, principal, params.tokenId);
        if (revoked_at !== null) return;
        const now = clock();
        const change = { revoked_at: now, updated_at: now };
        await updateToken(trx, principal.userId, params.tokenId, change);
        touch("token", params.tokenId);
        record({ name: "tokens.revoke", entityId: params.tokenId });
      });
    },

    "tokens.delete": async ({ params, principal, actor }) => {
      await hub.change(actor, async ({ trx, touch, record }) => {
        const deleted = await deleteTokens(trx, principal.userId, params.tokenId);
        if (deleted.length === 0) throw unknownToken();
        touch("token", params.tokenId);
        record({ name: "tokens.delete", entityId: params.tokenId });
      });
    },

    "tokens.delete_all": async ({ principal, actor }) => {
      await hub.change(actor, async ({ trx, touch, record }) => {
        for (const id of await deleteTokens(trx, principal.userId)) {
          touch("token", id);
          record({ name: "tokens.delete", entityId: id });
        }
      });
    },

    "tokens.add_scopes": async ({ params, body, principal, actor }) => {
      const wanted = readScopeList(body.scopes);
      await changeScopes(
        principal,
        params.tokenId,
        actor,
        "tokens.add_scopes",
        async (trx, now) => {
          const stored = await readScopes(trx, params.tokenId);
          const addition = addScopes(stored, wanted);
          const insert = insertsOf(addition);
          const removed = "removeIds" in addition ? addition.removeIds : [];
          if (stored.length + insert.length - removed.length > config.max_scopes_per_token) {
            throw tooManyScopes();
          }
          await deleteScopes(trx, params.tokenId, removed);
          await insertScopes(trx, params.tokenId, insert, newId, now);
          return { scopes: body.scopes };
        },
      );
    },

    "tokens.list_scopes": async ({ params, query, principal }) => {
      await requireToken(database.read, principal, params.tokenId);
      const { total, scopes } = await listScopes(database, params.tokenId, query);
      const items = await Promise.all(scopes.map((scope) => toScopeItem(scope, principal)));
      return { total, offset: query.offset, limit: query.limit, scopes: items };
    },

    "tokens.remove_scopes": async ({ params, body, principal, actor }) => {
      await changeScopes(principal, params.tokenId, actor, "tokens.remove_scopes", async (trx) => {
        const removed = await deleteScopes(trx, params.tokenId, body.scopes_id);
        if (removed === 0) throw new AppError("not_found", "The token has none of these scopes");
        return { removed };
      });
    },

    "tokens.clear_scopes": async ({ params, principal, actor }) => {
      await changeScopes(principal, params.tokenId, actor, "tokens.clear_scopes", async (trx) => ({
        removed: await deleteScopes(trx, params.tokenId),
      }));
    },

    "tokens.usage": async ({ params, query, principal }) => {
      await requireToken(database.read, principal, params.tokenId);
      return readUsage(principal.userId, query.days, params.tokenId);
    },

    "tokens.usage_of_all": async ({ query, principal }) => readUsage(principal.userId, query.days),
  };

  async function changeToken(
    principal: SessionPrincipal,
    tokenId: string,
    actor: Actor,
    action: EventName,
    change: Parameters<typeof updateToken>[3],
  ) {
    const now = clock();
    return hub.change(actor, async ({ trx, touch, record }) => {
      await requireToken(trx, principal, tokenId);
      await updateToken(trx, principal.userId, tokenId, { ...change, updated_at: now });
      touch("token", tokenId);
      record({ name: action, entityId: tokenId });
      return toReply(await requireToken(trx, principal, tokenId), now);
    });
  }

  async function changeScopes(
    principal: SessionPrincipal,
    tokenId: string,
    actor: Actor,
    action: EventName,
    work: (trx: Trx, now: number) => Promise<Readonly<Record<string, unknown>>>,
  ): Promise<void> {
    await hub.change(actor, async ({ trx, touch, record }) => {
      const now = clock();
      await requireToken(trx, principal, tokenId);
      const details = await work(trx, now);
      await updateToken(trx, principal.userId, tokenId, { updated_at: now });
      touch("token", tokenId);
      record({ name: action, entityId: tokenId, details });
    });
  }

  /** Milliseconds. */
  function readLifetime(duration: string): number {
    const lifetime = parseDuration(duration);
    if (lifetime === undefined || lifetime <= 0) {
      throw new AppError("invalid_body", "duration: must be positive, like 24h, 1h30m or 30d", {
        field: "duration",
      });
    }
    if (lifetime > config.max_token_lifetime) {
      const days = config.max_token_lifetime / 86_400_000;
      const message = `duration: must be at most ${Number(days.toFixed(2))}d`;
      throw new AppError("invalid_body", message, { field: "duration" });
    }
    return lifetime;
  }

  function readScopeList(scopes: readonly ScopeWire[]): readonly Scope[] {
    if (scopes.length > config.max_scopes_per_token) throw tooManyScopes();
    return scopes.map((wire, index) => {
      const scope = catalogue.readScope(wire);
      if (!isScopeProblem(scope)) return scope;
      const field = `scopes.${index}.${scope.member}`;
      throw new AppError(scope.code, `${field}: ${scope.message}`, { field });
    });
  }

  function tooManyScopes(): AppError {
    const message = `A token may have at most ${config.max_scopes_per_token} scopes`;
    return new AppError("limit_reached", message, { field: "scopes" });
  }

  /** Whether the caller may see the object now, and with it its name. */
  async function mayView(principal: SessionPrincipal, target: Target): Promise<boolean> {
    const view = target.entityType === "domains" ? "domains.read" : `${target.entityType}.view`;
    const row = catalogue.findOperation(view);
    const circumstances = { address: undefined, via: "route" } as const;
    return row !== undefined && (await decide({ principal, row, target, circumstances })).allowed;
  }

  async function toScopeItem(scope: NamedScope, principal: SessionPrincipal) {
    const { id, token_id, domain_id, entity_type, entity_id, operation } = scope;
    const target = { domainId: domain_id, entityType: entity_type, entityId: entity_id, operation };
    const domain = { ...target, entityType: "domains", entityId: domain_id };
    const isDomainShown = scope.domain_name !== null && (await mayView(principal, domain));
    const isEntityShown = scope.entity_name !== null && (await mayView(principal, target));
    const entityName = entity_type === "domains" ? scope.domain_name : scope.entity_name;
    const isNameShown = entity_type === "domains" ? isDomainShown : isEntityShown;
    return {
      id,
      pat_id: token_id,
      domain_id,
      entity_type,
      entity_id,
      operation,
      ...(isNameShown && entityName !== null ? { entity_name: entityName } : {}),
      ...(isDomainShown && scope.domain_name !== null ? { domain_name: scope.domain_name } : {}),
      last_used_at: wireTime(scope.last_used_at),
      use_count: scope.use_count,
    };
  }

  async function readUsage(userId: string, dayCount: number, tokenId?: string) {
    const days = lastDays(clock(), dayCount);
    const used = await readDailyUse(database, userId, days[0] ?? "", tokenId);
    return { days: days.map((day) => ({ day, uses: used.get(day) ?? 0 })) };
  }
}

function insertsOf(addition: ReturnType<typeof addScopes>): readonly Scope[] {
  if (!("conflictAt" in addition)) return addition.insert;
  const field = `scopes.${addition.conflictAt}`;
  throw new AppError("already_exists", `${field}: ${addition.message}`, { field });
}

async function requireToken(
  handle: Parameters<typeof findToken>[0],
  principal: SessionPrincipal,
  tokenId: string,
): Promise<VisibleToken> {
  const token = await findToken(handle, principal.userId, tokenId);
  if (token === undefined) throw unknownToken();
  return token;
}

function unknownToken(): AppError {
  return new AppError("not_found", "You have no personal access token with this id");
}

function toReply(token: VisibleToken, now: number) {
  const status = statusOf(token, now);
  return {
    id: token.id,
    user_id: token.user_id,
    name: token.name,
    description: token.description,
    status,
    ...(status === "revoked" ? { revoked: true } : {}),
    issued_at: wireTime(token.issued_at),
    expires_at: wireTime(token.expires_at),
    updated_at: wireTime(token.updated_at),
    last_used_at: wireTime(token.last_used_at),
    revoked_at: wireTime(token.revoked_at),
    last_used_address: token.last_used_address ?? "",
    use_count: token.use_count,
    scopes_count: token.scopes_count,
  };
}

/** UTC days up to today, oldest first, as YYYY-MM-DD. */
function lastDays(now: number, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) =>
    new Date(now - (count - 1 - index) * 86_400_000).toISOString().slice(0, 10),
  );
}
