import { type ListSearch, readListSearch } from "../../ui/list-search.ts";

/** The address of a list of roles, or of a role's members: its page. */
export type RolesSearch = Pick<ListSearch, "page" | "size">;

export function readRolesSearch(raw: Record<string, unknown>): RolesSearch {
  const { page, size } = readListSearch(raw, { orders: [], statuses: [], by: [] });
  return {
    ...(page === undefined ? {} : { page }),
    ...(size === undefined ? {} : { size }),
  };
}
