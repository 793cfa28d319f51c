import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api } from "./client.ts";
import { entitiesKey } from "./entities.ts";

/** A group and those above it, from the top, as far as the person sees them. */
export const groupPathQuery = (domainId: string, groupId: string) =>
  queryOptions({
    queryKey: [...entitiesKey(domainId), "groups", "path", groupId],
    queryFn: async ({ signal }) => {
      const query = { dir: 1, level: 0 };
      const { groups } = await api.groups.hierarchy({ domainId, id: groupId, query }, { signal });
      return groups.toSorted((a, b) => (a.level ?? 0) - (b.level ?? 0));
    },
  });

const groupsPerLoad = 50;

/** The groups directly below one, or with `undefined` those at the top, a load at a time. */
export const groupLevelQuery = (domainId: string, parentId: string | undefined) =>
  infiniteQueryOptions({
    queryKey: [...entitiesKey(domainId), "groups", "level", parentId ?? "top"],
    queryFn: ({ pageParam, signal }) => {
      const query = {
        limit: groupsPerLoad,
        offset: pageParam,
        order: "name",
        dir: "asc",
        status: "all",
      } as const;
      return parentId === undefined
        ? api.groups.list({ domainId, query: { ...query, root_group: true } }, { signal })
        : api.groups.list_children_groups({ domainId, id: parentId, query }, { signal });
    },
    initialPageParam: 0,
    getNextPageParam: ({ total, offset, limit }) =>
      offset + limit < total ? offset + limit : undefined,
  });
