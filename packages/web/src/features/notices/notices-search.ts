import { readListSearch } from "../../ui/list-search.ts";

export const noticeStatuses = ["all", "unread", "read"] as const;

/** The address of what the person was told. */
export function readNoticesSearch(raw: Record<string, unknown>) {
  return readListSearch(raw, { orders: [], statuses: noticeStatuses, by: [] });
}
