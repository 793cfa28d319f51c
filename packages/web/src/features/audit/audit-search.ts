import { readTexts } from "../../ui/list-search.ts";

/** What a list of records is narrowed by, in the order in which it is said. */
export const filterNames = [
  ...(["domain", "actor", "token", "operation", "object"] as const),
  ...(["outcome", "address", "from", "to"] as const),
] as const;

export type FilterName = (typeof filterNames)[number];

/** The address of a list of audit records; `after`: behind which one the page begins. */
export type AuditSearch = ReturnType<typeof readAuditSearch>;

export function readAuditSearch(raw: Record<string, unknown>) {
  return readTexts(raw, [...filterNames, "after"]);
}
