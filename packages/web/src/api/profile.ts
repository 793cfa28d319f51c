import { queryOptions } from "@tanstack/react-query";
import { api, sessionOwner } from "./client.ts";

/** Who is signed in. */
export const profileQuery = queryOptions({
  queryKey: ["profile"],
  queryFn: async ({ signal }) => {
    const person = await api.users.profile({}, { signal });
    sessionOwner.claim(person.id);
    return person;
  },
  staleTime: 60_000,
});
