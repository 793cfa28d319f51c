import { queryOptions } from "@tanstack/react-query";
import { api } from "./client.ts";

/** What the server tells of itself to anybody. */
export const instanceQuery = queryOptions({
  queryKey: ["instance"],
  queryFn: ({ signal }) => api.service.instance({}, { signal }),
  staleTime: 60_000,
});
