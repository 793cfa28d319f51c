import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type { CallOptions } from "@tessera/sdk";
import { api } from "./client.ts";
import { entitiesKey } from "./entities.ts";

/** What every entity of a domain shows in a list. */
export interface ListedEntity {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  /** Of a group: the ids from the top to itself, joined by dots. */
  readonly path?: string | undefined;
}

interface EntityQuery {
  readonly limit?: number;
  readonly offset?: number;
  readonly name?: string;
  readonly id?: string;
  readonly status?: "enabled" | "disabled" | "all";
  readonly order?: "name";
  readonly dir?: "asc";
  readonly only_total?: boolean;
}

type ListCall = (
  input: { readonly domainId: string; readonly query: EntityQuery },
  options: CallOptions,
) => Promise<{ readonly total: number } & Readonly<Record<string, unknown>>>;

/** The lists of all entity types have one form; which types there are only the catalogue knows. */
async function listEntities(
  type: string,
  domainId: string,
  query: EntityQuery,
  options: CallOptions,
): Promise<{ total: number; entities: readonly ListedEntity[] }> {
  const calls = api as unknown as Readonly<Record<string, { readonly list?: ListCall }>>;
  const list = calls[type]?.list;
  if (list === undefined) return { total: 0, entities: [] };
  const reply = await list({ domainId, query }, options);
  const entities = reply[type];
  return {
    total: reply.total,
    entities: Array.isArray(entities) ? (entities as ListedEntity[]) : [],
  };
}

/** Whether this server keeps such entities itself and can list them. */
export function isListed(kind: string): boolean {
  return kind === "entity" || kind === "group";
}

/** Some entities whose names contain the text. */
export const entitySearchQuery = (type: string, domainId: string, text: string) =>
  queryOptions({
    queryKey: [...entitiesKey(domainId), type, "search", text],
    queryFn: ({ signal }) =>
      listEntities(
        type,
        domainId,
        {
          limit: 20,
          status: "all",
          order: "name",
          dir: "asc",
          ...(text === "" ? {} : { name: text }),
        },
        { signal },
      ),
  });

const choicesPerLoad = 20;

/** The entities whose names contain the text, a load at a time. */
export const entityChoicesQuery = (
  type: string,
  domainId: string,
  text: string,
  status: "enabled" | "all",
) =>
  infiniteQueryOptions({
    queryKey: [...entitiesKey(domainId), type, "choices", status, text],
    queryFn: ({ pageParam, signal }) =>
      listEntities(
        type,
        domainId,
        {
          limit: choicesPerLoad,
          offset: pageParam,
          status,
          order: "name",
          dir: "asc",
          ...(text === "" ? {} : { name: text }),
        },
        { signal },
      ),
    initialPageParam: 0,
    getNextPageParam: ({ total, entities }, _, offset) =>
      offset + choicesPerLoad < total && entities.length > 0 ? offset + choicesPerLoad : undefined,
  });

/** One entity as a list shows it; null where there is none that the person may see. */
export const listedEntityQuery = (type: string, domainId: string, id: string) =>
  queryOptions({
    queryKey: [...entitiesKey(domainId), type, "listed", id],
    queryFn: async ({ signal }) => {
      const query = { id, status: "all", limit: 1 } as const;
      const { entities } = await listEntities(type, domainId, query, { signal });
      return entities[0] ?? null;
    },
  });

/** How many entities are enabled and how many are not. */
export const entityCountsQuery = (type: string, domainId: string) =>
  queryOptions({
    queryKey: [...entitiesKey(domainId), type, "counts"],
    queryFn: async ({ signal }) => {
      const [enabled, disabled] = await Promise.all(
        (["enabled", "disabled"] as const).map((status) =>
          listEntities(type, domainId, { status, only_total: true }, { signal }),
        ),
      );
      return { enabled: enabled?.total ?? 0, disabled: disabled?.total ?? 0 };
    },
  });
