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
