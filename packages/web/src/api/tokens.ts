import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { maximumCount, ownTimezone, type ReplyTo, type RequestOf } from "@tessera/sdk";
import { api } from "./client.ts";

export type Token = ReplyTo<"tokens.view">;
export type TokenScope = ReplyTo<"tokens.list_scopes">["scopes"][number];

/** The filters, order and page of a list. */
export type TokenListQuery = NonNullable<RequestOf<"tokens.list">["query"]>;

/** Whatever is known of the person's tokens. */
export const tokensKey = ["tokens"] as const;

/** Every list of tokens. */
export const tokenListsKey = [...tokensKey, "list"] as const;

/** A page of a list, with its total. */
export const tokensQuery = (query: TokenListQuery) =>
  queryOptions({
    queryKey: [...tokenListsKey, query],
    queryFn: ({ signal }) => api.tokens.list({ query }, { signal }),
  });

/** How many tokens the person has, whatever their state. */
export const tokenCountQuery = queryOptions({
  queryKey: [...tokensKey, "count"],
  queryFn: async ({ signal }) => {
    const { total } = await api.tokens.list(
      { query: { status: "all", only_total: true } },
      { signal },
    );
    return total;
  },
});

export const tokenQuery = (tokenId: string) =>
  queryOptions({
    queryKey: [...tokensKey, "one", tokenId],
    queryFn: ({ signal }) => api.tokens.view({ tokenId }, { signal }),
  });

/** Of tokens that are deleted nothing is shown any more that was read before; without an id all are. */
export function forgetTokens(queryClient: QueryClient, tokenId?: string): void {
  const queryKey = [...tokensKey, "one", ...(tokenId === undefined ? [] : [tokenId])];
  queryClient.removeQueries({ queryKey });
}

/** One page of a token's scopes. */
export const tokenScopesQuery = (tokenId: string, page: { limit: number; offset: number }) =>
  queryOptions({
    queryKey: [...tokensKey, "scopes", tokenId, page],
    queryFn: ({ signal }) => api.tokens.list_scopes({ tokenId, query: page }, { signal }),
  });

/** So many at once as a page of a list may have, until all are there. */
export const allScopesQuery = (tokenId: string) =>
  queryOptions({
    queryKey: [...tokensKey, "scopes", tokenId, "all"],
    queryFn: async ({ signal }) => {
      const scopes: TokenScope[] = [];
      for (;;) {
        const query = { limit: maximumCount.pageItems, offset: scopes.length };
        const page = await api.tokens.list_scopes({ tokenId, query }, { signal });
        scopes.push(...page.scopes);
        if (scopes.length >= page.total || page.scopes.length === 0) return scopes;
      }
    },
  });

export type TokenUsageReply = ReplyTo<"tokens.usage">;

/** What uses can be told apart by, besides their days. */
export type UsageKind = "operation" | "object" | "address";

/** The reader's days. */
const lastDays = () => ({ days: 30, timezone: ownTimezone() });

/** Uses of the last days, day by day and by what they are told apart by. */
export const tokenUsageQuery = (tokenId: string, by: UsageKind) =>
  queryOptions({
    queryKey: [...tokensKey, "usage", tokenId, by],
    queryFn: ({ signal }) =>
      api.tokens.usage({ tokenId, query: { ...lastDays(), by } }, { signal }),
  });

/** Uses day by day of the person's tokens that have a scope in the domain. */
export const tokensUsageQuery = (domainId: string) =>
  queryOptions({
    queryKey: [...tokensKey, "usage-of-all", domainId],
    queryFn: ({ signal }) =>
      api.tokens.usage_of_all({ query: { ...lastDays(), domain: domainId } }, { signal }),
  });

const tokenStates = ["active", "expired", "revoked"] as const;

/** How many tokens with a scope in the domain the person has in each state. */
export const tokenStatesQuery = (domainId: string) =>
  queryOptions({
    queryKey: [...tokensKey, "states", domainId],
    queryFn: ({ signal }) =>
      Promise.all(
        tokenStates.map(async (status) => {
          const query = { status, domain: domainId, only_total: true };
          const { total } = await api.tokens.list({ query }, { signal });
          return { status, total };
        }),
      ),
  });

/** Of the person's active tokens with a scope in the domain the one that was used last, or else the newest. */
export const tokenOfDomainQuery = (domainId: string) =>
  queryOptions({
    queryKey: [...tokensKey, "of-domain", domainId],
    queryFn: async ({ signal }) => {
      const query = { domain: domainId, limit: 1 };
      const lastUsed = { ...query, order: "last_used_at", dir: "desc" } as const;
      const newest = { ...query, order: "issued_at", dir: "desc" } as const;
      const [used] = (await api.tokens.list({ query: lastUsed }, { signal })).pats;
      if (used !== undefined && used.use_count > 0) return used;
      return (await api.tokens.list({ query: newest }, { signal })).pats[0] ?? null;
    },
  });
