import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { type ActionsThatAllow, maximumCount } from "@tessera/sdk";
import { type CatalogueType, catalogueQuery, knownCatalogueQuery } from "./catalogue.ts";
import { api } from "./client.ts";
import { domainQuery } from "./domains.ts";
import { entityQuery, isEntityTypeName } from "./entities.ts";
import { profileQuery } from "./profile.ts";
import type { RolePlace } from "./roles.ts";

/** What the signed-in person may do with one object. */
export interface Rights {
  /** Whether it is certain that the operation is allowed. */
  may(operation: string): boolean;
  /** Why the operation is refused; `undefined` while that is unknown, and when it is allowed. */
  whyNot(operation: string): string | undefined;
}

/** Asks the server about every operation of the type on this object; for `domains` the id is the domain's. */
export function useRights(
  type: string,
  domainId: string,
  id: string,
  { isAsked = true }: { readonly isAsked?: boolean } = {},
): Rights {
  const { data: catalogue } = useQuery(catalogueQuery);
  const known = catalogue?.entity_types.find(({ name }) => name === type);
  const { data } = useQuery({
    ...rightsQuery(domainId, known, id),
    enabled: known !== undefined && isAsked,
  });
  return {
    may: (operation) => data?.get(operation) === null,
    whyNot: (operation) => data?.get(operation) ?? undefined,
  };
}

/** What the signed-in person may do in a domain. */
export const rightsKey = (domainId: string) => ["rights", domainId] as const;

const rightsQuery = (domainId: string, type: CatalogueType | undefined, id: string) =>
  queryOptions({
    queryKey: [...rightsKey(domainId), type?.name, id],
    queryFn: async ({ signal }): Promise<ReadonlyMap<string, string | null>> => {
      const questions = (type?.operations ?? []).map(({ name }) => ({
        domain_id: domainId,
        entity_type: type?.name ?? "",
        entity_id: id,
        operation: name,
      }));
      const answers = await api.service.authorize({ body: questions }, { signal });
      return new Map(
        [answers]
          .flat()
          .map(({ operation, allowed, because }) => [
            operation,
            allowed ? null : refusalText(because),
          ]),
      );
    },
    staleTime: 30_000,
  });

/** Which of the operations the signed-in person may do to one at least of these objects. */
export const possibleQuery = (
  domainId: string,
  type: string,
  operations: readonly string[],
  ids: readonly string[],
) =>
  queryOptions({
    queryKey: [...rightsKey(domainId), type, "possible", operations, ids],
    queryFn: async ({ signal }): Promise<ReadonlySet<string>> => {
      const questions = ids
        .flatMap((id) =>
          operations.map((operation) => ({
            domain_id: domainId,
            entity_type: type,
            entity_id: id,
            operation,
          })),
        )
        .slice(0, maximumCount.questions);
      if (questions.length === 0) return new Set();
      const answers = await api.service.authorize({ body: questions }, { signal });
      return new Set(
        [answers].flat().flatMap(({ operation, allowed }) => (allowed ? [operation] : [])),
      );
    },
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });

function refusalText(because: string | undefined): string {
  return because === "domain_disabled"
    ? "The domain is disabled"
    : "Your role does not let you change this";
}

/** The role actions of the signed-in person on an object; managing roles is no operation that could be asked about. */
export interface HeldActions {
  holds(action: string): boolean;
  /** Whether the person may give the action to others there. */
  mayGive(action: string): boolean;
}

export function useHeldActions({ type, domainId, id }: RolePlace): HeldActions {
  const { data: catalogue } = useQuery(knownCatalogueQuery);
  const { data: person } = useQuery(profileQuery);
  const { data: domain } = useQuery(domainQuery(domainId));
  const ofEntity = isEntityTypeName(type) ? type : undefined;
  const { data: entity } = useQuery({
    ...entityQuery(ofEntity ?? "groups", domainId, id),
    enabled: ofEntity !== undefined,
  });
  const ways = (ofEntity === undefined ? domain : entity)?.roles ?? [];
  const isReached = (allowing: ActionsThatAllow | undefined) => {
    if (allowing === undefined) return false;
    const { own, parentGroup, ancestorGroup, domain } = allowing;
    const ofLevel: Readonly<Record<string, string | undefined>> = {
      direct: own,
      direct_group: parentGroup,
      indirect_group: ancestorGroup,
      domain,
    };
    return (
      person?.role === "admin" ||
      ways.some(({ access_type, actions }) => {
        const wanted = ofLevel[access_type];
        return wanted !== undefined && actions.includes(wanted);
      })
    );
  };
  return {
    holds: (action) => isReached(catalogue?.actionsThatAllow(type, action)),
    mayGive: (action) => isReached(catalogue?.actionsThatGive(type, action)),
  };
}
