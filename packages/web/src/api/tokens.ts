import { queryOptions } from "@tanstack/react-query";
import type { ReplyTo } from "@tessera/sdk";
import type { TokensSearch } from "../features/tokens/token-search.ts";
import { pageOf } from "../ui/list-search.ts";
import { api } from "./client.ts";

export type Token = ReplyTo<"tokens.view">;
export type TokenScope = ReplyTo<"tokens.list_scopes">["scopes"][number];

/** The list as its address describes it. */
export const tokensQuery = (search: TokensSearch) =>
  queryOptions({
    queryKey: ["tokens", "list", search],
    queryFn: ({ signal }) =>
      api.tokens.list(
        {
          query: {
            ...pageOf(search),
            status: search.status,
            order: search.order,
            dir: search.dir,
            ...(search.q === undefined ? {} : { [search.by ?? "name"]: search.q }),
          },
        },
        { signal },
      ),
  });

/** How many tokens the person has, whatever their state. */
export const tokenCountQuery = queryOptions({
  queryKey: ["tokens", "count"],
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
    queryKey: ["tokens", "one", tokenId],
    queryFn: ({ signal }) => api.tokens.view({ tokenId }, { signal }),
  });

/** One page of a token's scopes. */
export const tokenScopesQuery = (tokenId: string, page: { limit: number; offset: number }) =>
  queryOptions({
    queryKey: ["tokens", "scopes", tokenId, page],
    queryFn: ({ signal }) => api.tokens.list_scopes({ tokenId, query: page }, { signal }),
  });

/** Uses day by day. */
export const tokenUsageQuery = (tokenId: string) =>
  queryOptions({
    queryKey: ["tokens", "usage", tokenId],
    queryFn: ({ signal }) => api.tokens.usage({ tokenId, query: { days: 30 } }, { signal }),
  });
