import { queryOptions } from "@tanstack/react-query";
import type { ReplyTo, RequestOf } from "@tessera/sdk";
import { api } from "./client.ts";

export type ListedDomain = ReplyTo<"domains.list">["domains"][number];
export type Domain = ReplyTo<"domains.view">;

/** The filters, order and page of a list. */
export type DomainListQuery = NonNullable<RequestOf<"domains.list">["query"]>;

/** Whatever is known of domains. */
export const domainsKey = ["domains"] as const;

export const domainKey = (domainId: string) => ["domains", "one", domainId] as const;

/** A page of a list, with its total. */
export const domainsQuery = (query: DomainListQuery) =>
  queryOptions({
    queryKey: [...domainsKey, "list", query],
    queryFn: ({ signal }) => api.domains.list({ query }, { signal }),
  });

/** One domain with the caller's own roles in it. */
export const domainQuery = (domainId: string) =>
  queryOptions({
    queryKey: domainKey(domainId),
    queryFn: ({ signal }) => api.domains.view({ domainId, query: { roles: true } }, { signal }),
  });

/** The domains whose names contain the text: enough of them to choose from. */
export const domainSearchQuery = (text: string) =>
  queryOptions({
    queryKey: [...domainsKey, "search", text],
    queryFn: ({ signal }) =>
      api.domains.list(
        {
          query: {
            limit: 20,
            status: "all",
            order: "name",
            dir: "asc",
            ...(text === "" ? {} : { name: text }),
          },
        },
        { signal },
      ),
  });
