import type { UserListQuery } from "../../api/users.ts";
import { pageOf, readListSearch } from "../../ui/list-search.ts";

export const userStatuses = ["enabled", "disabled", "deleted", "all"] as const;

const words = {
  orders: ["username", "email", "first_name", "last_name", "created_at", "updated_at"],
  statuses: userStatuses,
  by: ["username", "email", "first_name", "last_name", "id"],
} as const;

/** The address of the list of users. */
export type UsersSearch = ReturnType<typeof readUsersSearch>;

export function readUsersSearch(raw: Record<string, unknown>) {
  return readListSearch(raw, words);
}

/** What the list is ordered by when its address does not say. */
export const defaultUserOrder = { order: "username", dir: "asc" } as const;

/** What the server is asked for. */
export function userListQuery(search: UsersSearch): UserListQuery {
  return {
    ...pageOf(search),
    status: search.status ?? "all",
    order: search.order ?? defaultUserOrder.order,
    dir: search.dir ?? defaultUserOrder.dir,
    ...(search.q === undefined ? {} : { [search.by ?? "username"]: search.q }),
  };
}
