import { queryOptions } from "@tanstack/react-query";
import { api } from "./client.ts";

/** Every entity type and operation; changes only when the server starts anew. */
export const catalogueQuery = queryOptions({
  queryKey: ["catalogue"],
  queryFn: ({ signal }) => api.service.catalogue({}, { signal }),
  staleTime: Number.POSITIVE_INFINITY,
});
