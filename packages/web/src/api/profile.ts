import { queryOptions } from "@tanstack/react-query";
import { api } from "./client.ts";

/** Who is signed in. */
export const profileQuery = queryOptions({
  queryKey: ["profile"],
  queryFn: ({ signal }) => api.users.profile({}, { signal }),
  staleTime: 60_000,
});
