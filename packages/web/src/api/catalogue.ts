import { queryOptions } from "@tanstack/react-query";
import { catalogueOfReply, type ReplyTo } from "@tessera/sdk";
import { api } from "./client.ts";

export type CatalogueReply = ReplyTo<"service.catalogue">;
export type CatalogueType = CatalogueReply["entity_types"][number];

/** Every entity type and operation; changes only when the server starts anew. */
export const catalogueQuery = queryOptions({
  queryKey: ["catalogue"],
  queryFn: ({ signal }) => api.service.catalogue({}, { signal }),
  staleTime: Number.POSITIVE_INFINITY,
});

/** The same with what can be asked of it. */
export const knownCatalogueQuery = queryOptions({ ...catalogueQuery, select: catalogueOfReply });
