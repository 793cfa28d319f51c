import { queryOptions } from "@tanstack/react-query";
import type { ReplyTo, RequestOf } from "@tessera/sdk";
import { api } from "./client.ts";

/** Somebody as administrators of the server see them. */
export type ListedUser = ReplyTo<"users.list">["users"][number];

export type UserListQuery = NonNullable<RequestOf<"users.list">["query"]>;

/** Whatever is known of people. */
export const peopleKey = ["people"] as const;

/** A page of everybody on the server, for its administrators. */
export const usersQuery = (query: UserListQuery) =>
  queryOptions({
    queryKey: [...peopleKey, "list", query],
    queryFn: ({ signal }) => api.users.list({ query }, { signal }),
  });
