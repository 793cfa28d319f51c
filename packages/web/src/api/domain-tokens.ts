import { queryOptions } from "@tanstack/react-query";
import type { ReplyTo, RequestOf } from "@tessera/sdk";
import { api } from "./client.ts";
import { membersKey } from "./roles.ts";

export type TokenInDomain = ReplyTo<"domains.tokens">["tokens"][number];
export type ScopeInDomain = TokenInDomain["scopes"][number];

type PageQuery = NonNullable<RequestOf<"domains.tokens">["query"]>;
export type TokensShown = NonNullable<PageQuery["show"]>;

/** A page of the members' tokens that reach into the domain, for its administrators. */
export const domainTokensQuery = (domainId: string, query: PageQuery) =>
  queryOptions({
    queryKey: [...membersKey(domainId), "domain-tokens", query],
    queryFn: ({ signal }) => api.domains.tokens({ domainId, query }, { signal }),
  });
