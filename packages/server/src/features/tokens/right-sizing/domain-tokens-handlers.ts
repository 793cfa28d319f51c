import { allEntities, type domainTokensEndpoint, wireTime } from "@tessera/contract";
import type { Deps } from "../../../deps.ts";
import type { Handlers } from "../../../http/endpoint-handlers.ts";
import { newestOf } from "../lifecycle/token-reply.ts";
import { startOfToken } from "../lifecycle/token-secret.ts";
import { settle } from "../rotation/secret-states.ts";
import { readSecrets } from "../rotation/secret-store.ts";
import { dayOf } from "../usage/use-record.ts";
import {
  countObjectsUsed,
  countTokensInDomain,
  listMembersWithMore,
  listTokensInDomain,
  readScopesInDomain,
} from "./domain-tokens-store.ts";

const shownScopes = 50;
const shownMilliseconds = 90 * 86_400_000;

/** The handler of which tokens of members reach into a domain; of a token it tells what concerns the domain alone. */
export function domainTokensHandlers(deps: Deps): Handlers<typeof domainTokensEndpoint> {
  const { database, clock } = deps;

  return {
    "domains.tokens": async ({ params: { domainId }, query }) => {
      const now = clock();
      const counts = await countTokensInDomain(database, { domainId, now });
      const tokens = await listTokensInDomain(database, { domainId, now }, query);
      const more = await listMembersWithMore(database, { domainId, now });
      const ids = tokens.map(({ id }) => id);
      const scopes = await readScopesInDomain(database, domainId, ids, shownScopes);
      const used = await countObjectsUsed(database, domainId, ids, dayOf(now - shownMilliseconds));
      const secrets = await readSecrets(database.lists, ids);
      const scopesOf = Map.groupBy(scopes, ({ token_id }) => token_id);
      const objectsOf = new Map(
        used.map((each) => [`${each.token_id} ${each.operation}`, each.objects]),
      );
      return {
        total: counts[query.show],
        offset: query.offset,
        limit: query.limit,
        counts,
        members_with_more: more.map(({ user_id, tokens: tokens_count }) => ({
          user_id,
          tokens_count,
        })),
        tokens: tokens.map((token) => ({
          user_id: token.user_id,
          starts_with: startOfToken(token.id, deps),
          ends_with: newestOf(settle(secrets.get(token.id) ?? [], now))?.ending ?? "",
          since: wireTime(token.since),
          last_used_at: wireTime(token.last_used_at),
          scopes_count: token.scopes,
          unused_scopes_count: token.unused,
          scopes: (scopesOf.get(token.id) ?? []).map((scope) => ({
            entity_type: scope.entity_type,
            entity_id: scope.entity_id,
            operation: scope.operation,
            since: wireTime(scope.created_at),
            last_used_at: wireTime(scope.last_used_at),
            ...(scope.entity_id === allEntities
              ? {
                  objects_used:
                    objectsOf.get(`${token.id} ${scope.entity_type}.${scope.operation}`) ?? 0,
                }
              : {}),
          })),
        })),
      };
    },
  };
}
