import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
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

const choicesPerLoad = 20;

/** The domains whose names contain the text, a load at a time. */
export const domainChoicesQuery = (text: string) =>
  infiniteQueryOptions({
    queryKey: [...domainsKey, "choices", text],
    queryFn: ({ pageParam, signal }) => {
      const query = {
        limit: choicesPerLoad,
        offset: pageParam,
        status: "all",
        order: "name",
        dir: "asc",
        ...(text === "" ? {} : { name: text }),
      } as const;
      return api.domains.list({ query }, { signal });
    },
    initialPageParam: 0,
    getNextPageParam: ({ total, offset, limit }) =>
      offset + limit < total ? offset + limit : undefined,
  });

/** The first domain by name, and how many there are. */
export const firstDomainQuery = queryOptions({
  queryKey: [...domainsKey, "first"],
  queryFn: async ({ signal }) => {
    const query = { limit: 1, status: "all", order: "name", dir: "asc" } as const;
    const { domains, total } = await api.domains.list({ query }, { signal });
    return { first: domains[0], total };
  },
});
