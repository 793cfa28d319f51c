import {
  AppError,
  type EventName,
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
import { requireToken } from "../lifecycle/require-token.ts";
import { updateToken } from "../lifecycle/token-store.ts";
import type { UsageReading } from "../usage/usage-reading.ts";
import { later } from "../usage/usage-store.ts";
import {
  deleteScopes,
  insertScopes,
  listScopes,
  type NamedScope,
  readScopes,
} from "./scope-store.ts";
import { type FindUses, indexUses } from "./scope-uses.ts";
import { readScopeList, requireAddition, tooManyScopes } from "./wanted-scopes.ts";

const shownMilliseconds = 90 * 86_400_000;

type ScopeHandlers = Pick<
  Handlers<(typeof tokenEndpoints)[number]>,
  "tokens.add_scopes" | "tokens.list_scopes" | "tokens.remove_scopes" | "tokens.clear_scopes"
>;

/** The handlers of what the caller's tokens may do. */
export function scopeHandlers(deps: Deps, decide: Decide, usage: UsageReading): ScopeHandlers {
  const { config, catalogue, database, hub, clock, newId } = deps;

  return {
    "tokens.add_scopes": async ({ params, body, principal, actor }) => {
      const wanted = readScopeList(deps, body.scopes);
      await changeScopes(
        principal,
        params.tokenId,
        actor,
        "tokens.add_scopes",
        async (trx, now) => {
          const stored = await readScopes(trx, params.tokenId);
          const { insert, removeIds } = requireAddition(stored, wanted);
          if (stored.length + insert.length - removeIds.length > config.max_scopes_per_token) {
            throw tooManyScopes(config);
          }
          await deleteScopes(trx, params.tokenId, removeIds);
          await insertScopes(trx, params.tokenId, insert, newId, now);
          return { scopes: body.scopes };
        },
      );
    },

    "tokens.list_scopes": async ({ params, query, principal, inTurns }) => {
      await requireToken(database.read, principal, params.tokenId);
      const { total, scopes, record } = await usage.steadily(params.tokenId, async () => {
        const listed = await listScopes(database, params.tokenId, query);
        const since = clock() - shownMilliseconds;
        const readings = listed.scopes.map((scope) => usage.scopeWithPending(scope));
        const record = await usage.readRecord(params.tokenId, since, inTurns);
        return { total: listed.total, scopes: readings, record };
      });
      const usesOf = await indexUses(record.uses, inTurns);
      const items = await Promise.all(scopes.map((scope) => toScopeItem(scope, usesOf, principal)));
      return {
        total,
        offset: query.offset,
        limit: query.limit,
        scopes: items,
        uses_are_complete: record.isComplete,
        uses_complete_since: wireTime(record.completeSince),
      };
    },

    "tokens.remove_scopes": async ({ params, body, principal, actor }) => {
      await changeScopes(principal, params.tokenId, actor, "tokens.remove_scopes", async (trx) => {
        const removed = await deleteScopes(trx, params.tokenId, body.scopes_id);
        if (removed.length === 0) {
          throw new AppError("not_found", "The token has none of these scopes");
        }
        return { removed: removed.length, removed_scopes: removed };
      });
    },

    "tokens.clear_scopes": async ({ params, principal, actor }) => {
      await changeScopes(principal, params.tokenId, actor, "tokens.clear_scopes", async (trx) => {
        const removed = await deleteScopes(trx, params.tokenId);
        return { removed: removed.length, removed_scopes: removed };
      });
    },
  };

  async function changeScopes(
    principal: SessionPrincipal,
    tokenId: string,
    actor: Actor,
    eventName: EventName,
    work: (trx: Trx, now: number) => Promise<Readonly<Record<string, unknown>>>,
  ): Promise<void> {
    await hub.change(actor, async ({ trx, touch, record }) => {
      const now = clock();
      await requireToken(trx, principal, tokenId);
      const details = await work(trx, now);
      await updateToken(trx, principal.userId, tokenId, { updated_at: now });
      touch("token", tokenId);
      record({ name: eventName, entityId: tokenId, details });
    });
  }

  /** Whether the caller may see the object now, and with it its name. */
  async function mayView(principal: SessionPrincipal, target: Target): Promise<boolean> {
    const view = target.entityType === "domains" ? "domains.read" : `${target.entityType}.view`;
    const row = catalogue.findOperation(view);
    const circumstances = { address: undefined, via: "route" } as const;
    return row !== undefined && (await decide({ principal, row, target, circumstances })).allowed;
  }

  async function toScopeItem(scope: NamedScope, usesOf: FindUses, principal: SessionPrincipal) {
    const { id, token_id, domain_id, entity_type, entity_id, operation } = scope;
    const target = { domainId: domain_id, entityType: entity_type, entityId: entity_id, operation };
    const domain = { ...target, entityType: "domains", entityId: domain_id };
    const isDomainShown = scope.domain_name !== null && (await mayView(principal, domain));
    const isEntityShown = scope.entity_name !== null && (await mayView(principal, target));
    const entityName = entity_type === "domains" ? scope.domain_name : scope.entity_name;
    const { uses, areSomeUncounted } = usesOf(target);
    const lastUsedAt = uses.reduce<number | null>(
      (last, { lastAllowedAt }) => later(last, lastAllowedAt),
      scope.last_used_at,
    );
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
      last_used_at: wireTime(lastUsedAt),
      use_count: scope.use_count,
      uses_90d: uses.reduce((sum, { allowed }) => sum + allowed, 0),
      ...(areSomeUncounted ? { uses_90d_is_minimum: true } : {}),
    };
  }
}
