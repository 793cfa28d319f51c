import { queryOptions } from "@tanstack/react-query";
import type { ReplyTo } from "@tessera/sdk";
import type { DomainsSearch } from "../features/domains/domains-search.ts";
import { pageOf } from "../ui/list-search.ts";
import { api } from "./client.ts";

export type Domain = ReplyTo<"domains.list">["domains"][number];

/** The list as its address describes it. */
export const domainsQuery = (search: DomainsSearch) =>
  queryOptions({
    queryKey: ["domains", "list", search],
    queryFn: ({ signal }) =>
      api.domains.list(
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

/** One domain with the caller's own roles in it. */
export const domainQuery = (domainId: string) =>
  queryOptions({
    queryKey: ["domains", "one", domainId],
    queryFn: ({ signal }) => api.domains.view({ domainId, query: { roles: true } }, { signal }),
  });

/** The domains whose names contain the text: enough of them to choose from. */
export const domainSearchQuery = (text: string) =>
  queryOptions({
    queryKey: ["domains", "search", text],
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
