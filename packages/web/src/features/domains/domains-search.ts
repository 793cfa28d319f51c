import { readListSearch } from "../../ui/list-search.ts";

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
