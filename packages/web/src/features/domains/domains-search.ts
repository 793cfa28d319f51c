import type { DomainListQuery } from "../../api/domains.ts";
import { pageOf, readListSearch } from "../../ui/list-search.ts";

export const domainStatuses = ["enabled", "disabled", "all"] as const;

const words = {
  orders: ["updated_at", "created_at", "name"],
  statuses: domainStatuses,
  by: ["name", "id"],
} as const;

/** The address of the list of domains. */
export type DomainsSearch = ReturnType<typeof readDomainsSearch>;

export function readDomainsSearch(raw: Record<string, unknown>) {
  return readListSearch(raw, words);
}

/** What the server is asked for. */
export function domainListQuery(search: DomainsSearch): DomainListQuery {
  return {
    ...pageOf(search),
    status: search.status,
    order: search.order,
    dir: search.dir,
    ...(search.q === undefined ? {} : { [search.by ?? "name"]: search.q }),
  };
}
