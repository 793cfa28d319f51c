import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type { ReplyTo, RequestOf } from "@tessera/sdk";
import { api } from "./client.ts";

export type Person = ReplyTo<"users.view">;

/** Somebody by id, as the signed-in person may see them. */
export const personQuery = (userId: string) =>
  queryOptions({
    queryKey: ["people", "one", userId],
    queryFn: ({ signal }) => api.users.view({ userId }, { signal }),
    staleTime: 60_000,
  });

/** The shortest text that the server searches usernames for. */
export const minimumPersonSearch = 2;

/** A search finds so many at a time. */
const peoplePerLoad = 10;

type PeopleSearch = Pick<
  NonNullable<RequestOf<"users.search">["query"]>,
  "username" | "first_name" | "last_name" | "email"
>;

/** By what a text may mean: an email address, a word of a name, or first and last name in either order. */
function searchesOf(text: string): readonly PeopleSearch[] {
  if (text.includes("@")) return [{ email: text }];
  const words = text.split(/\s+/);
  // One of both names may have several words: the other one is the first or the last of them.
  const cuts = new Set(words.length < 2 ? [] : [1, words.length - 1]);
  return [
    { username: text },
    { first_name: text },
    { last_name: text },
    ...[...cuts].flatMap((cut) => {
      const parts = [words.slice(0, cut).join(" "), words.slice(cut).join(" ")] as const;
      if (parts.some(({ length }) => length < minimumPersonSearch)) return [];
      return [
        { first_name: parts[0], last_name: parts[1] },
        { first_name: parts[1], last_name: parts[0] },
      ];
    }),
  ];
}

/** Whether the text can be searched for: two letters of a name, or a whole email address. */
export function isPersonSearch(text: string): boolean {
  return text.includes("@") ? /^[^\s@]+@[^\s@]+$/.test(text) : text.length >= minimumPersonSearch;
}

/** Enabled people in whose names a word begins with the text, or whose email address it is, a load at a time. */
export const peopleSearchQuery = (text: string) =>
  infiniteQueryOptions({
    queryKey: ["people", "search", text],
    queryFn: async ({ pageParam, signal }) => {
      const replies = await Promise.all(
        searchesOf(text).map((search) =>
          api.users.search(
            { query: { ...search, offset: pageParam, limit: peoplePerLoad } },
            { signal },
          ),
        ),
      );
      return {
        people: replies.flatMap(({ users }) => users),
        left: Math.max(...replies.map(({ total }) => total - pageParam - peoplePerLoad)),
      };
    },
    initialPageParam: 0,
    getNextPageParam: ({ left }, _, offset) => (left > 0 ? offset + peoplePerLoad : undefined),
    enabled: isPersonSearch(text),
  });
