import { type ListSearch, readListSearch } from "../../ui/list-search.ts";

/** The address of a list of members: its page, and of which role. */
export type MembersSearch = Pick<ListSearch, "page" | "size"> & { readonly role?: string };

export function readMembersSearch(raw: Record<string, unknown>): MembersSearch {
  const { page, size } = readListSearch(raw, { orders: [], statuses: [], by: [] });
  return {
    ...(page === undefined ? {} : { page }),
    ...(size === undefined ? {} : { size }),
    ...(typeof raw.role === "string" && raw.role !== "" ? { role: raw.role } : {}),
  };
}
