import { queryOptions } from "@tanstack/react-query";
import { api } from "./client.ts";

/** Who is signed in. */
export const profileQuery = queryOptions({
  queryKey: ["profile"],
  queryFn: ({ signal }) => api.users.profile({}, { signal }),
  staleTime: 60_000,
});

/** What the server tells of itself to anybody. */
export const instanceQuery = queryOptions({
  queryKey: ["instance"],
  queryFn: ({ signal }) => api.service.instance({}, { signal }),
  staleTime: 60_000,
});

/** Every entity type and operation; changes only when the server starts anew. */
export const catalogueQuery = queryOptions({
  queryKey: ["catalogue"],
  queryFn: ({ signal }) => api.service.catalogue({}, { signal }),
  staleTime: Number.POSITIVE_INFINITY,
});

/** One domain with the caller's own roles in it. */
export const domainQuery = (domainId: string) =>
  queryOptions({
    queryKey: ["domains", "one", domainId],
    queryFn: ({ signal }) => api.domains.view({ domainId, query: { roles: true } }, { signal }),
  });

/** The domains whose names contain the text: enough of them to choose from. */
export const domainSearchQuery = (text: string) =>
  queryOptions({
    queryKey: ["domains", "search", text],
    queryFn: ({ signal }) =>
      api.domains.list(
        {
          query: {
            limit: 20,
            status: "all",
            order: "name",
            dir: "asc",
            ...(text === "" ? {} : { name: text }),
          },
        },
        { signal },
      ),
  });
