import { queryOptions } from "@tanstack/react-query";
import type { ReplyTo } from "@tessera/sdk";
import { api } from "./client.ts";

export type Person = ReplyTo<"users.view">;

/** Somebody by id, as the signed-in person may see them. */
export const personQuery = (userId: string) =>
  queryOptions({
    queryKey: ["people", "one", userId],
    queryFn: ({ signal }) => api.users.view({ userId }, { signal }),
    staleTime: 60_000,
  });

/** The shortest text that the server searches user names for. */
export const minimumPersonSearch = 2;

/** Enabled people in whose user name, first name or last name a word begins with the text. */
export const peopleSearchQuery = (text: string) =>
  queryOptions({
    queryKey: ["people", "search", text],
    queryFn: async ({ signal }) => {
      const members = ["username", "first_name", "last_name"] as const;
      const replies = await Promise.all(
        members.map((member) =>
          api.users.search({ query: { [member]: text, limit: 10 } }, { signal }),
        ),
      );
      const found = replies.flatMap(({ users }) => users);
      return [...new Map(found.map((person) => [person.id, person])).values()];
    },
    enabled: text.length >= minimumPersonSearch,
  });
