import { queryOptions } from "@tanstack/react-query";
import { allEntities, maximumCount, type ScopeWire, TesseraError } from "@tessera/sdk";
import type { CatalogueReply, CatalogueType } from "./catalogue.ts";
import { domainQuery } from "./domains.ts";
import { type Entity, entityCalls, isEntityTypeName, parentGroupIdOf } from "./entities.ts";
import { findExceeding } from "./exceeding-rights.ts";
import { scopeKey } from "./scope-key.ts";
import { allScopesQuery, type TokenScope, tokensKey } from "./tokens.ts";

/** Objects of a type of which more are reached than can be drawn. */
const drawnPerType = maximumCount.pageItems;

interface ReachedByToken {
  readonly type: string;
  /** `*`: objects of the type that this server does not list, or does not show to the person. */
  readonly id: string;
  readonly name: string;
  readonly groupId?: string | undefined;
  readonly operations: readonly { readonly summary: string; readonly isAllowed: boolean }[];
}

/** What a token reaches in one domain at this moment. */
export interface DomainReach {
  readonly domainId: string;
  readonly name: string;
  /** With the domain itself. */
  readonly operations: ReachedByToken["operations"];
  readonly objects: readonly ReachedByToken[];
  readonly groups: readonly {
    readonly id: string;
    readonly name: string;
    readonly parentId?: string | undefined;
  }[];
  /** How many more there are of a type. */
  readonly more: readonly { readonly type: string; readonly count: number }[];
}

/** The token's scopes on what is there now, each with the answer whether its owner may do it. */
export const tokenReachQuery = (tokenId: string, catalogue: CatalogueReply) =>
  queryOptions({
    queryKey: [...tokensKey, "reach", tokenId],
    queryFn: async ({ client, signal }) =>
      reachDomains(await client.fetchQuery(allScopesQuery(tokenId)), catalogue, signal),
  });

/** The same of scopes that no token has yet. */
export const draftReachQuery = (scopes: readonly ScopeWire[], catalogue: CatalogueReply) =>
  queryOptions({
    queryKey: ["draft-reach", scopes.map(scopeKey)],
    queryFn: async ({ client, signal }) => {
      const domainIds = [...new Set(scopes.map(({ domain_id }) => domain_id))];
      const names = new Map<string, string>();
      for (const id of domainIds) {
        names.set(id, (await client.fetchQuery({ ...domainQuery(id), staleTime: 60_000 })).name);
      }
      const named = scopes.map((scope) => ({ ...scope, domain_name: names.get(scope.domain_id) }));
      return reachDomains(named, catalogue, signal);
    },
    staleTime: 30_000,
  });

/** A scope with what is known of the names of its domain and its object. */
type NamedScope = ScopeWire & Partial<Pick<TokenScope, "domain_name" | "entity_name">>;

async function reachDomains(
  scopes: readonly NamedScope[],
  catalogue: CatalogueReply,
  signal: AbortSignal,
): Promise<readonly DomainReach[]> {
  const domains = Map.groupBy(scopes, ({ domain_id }) => domain_id);
  const reached: DomainReach[] = [];
  for (const [domainId, inDomain] of domains) {
    reached.push(await reachDomain(domainId, inDomain, catalogue, signal));
  }
  return reached;
}

async function reachDomain(
  domainId: string,
  scopes: readonly NamedScope[],
  catalogue: CatalogueReply,
  signal: AbortSignal,
): Promise<DomainReach> {
  const found: Found[] = [];
  const more: { type: string; count: number }[] = [];
  const types = catalogue.entity_types.filter(({ kind }) => kind !== "domain");
  for (const type of types) {
    const ofType = scopes.filter(({ entity_type }) => entity_type === type.name);
    if (ofType.length === 0) continue;
    const { objects, left } = await findObjects(domainId, type, ofType, signal);
    found.push(...objects);
    if (left > 0) more.push({ type: type.name, count: left });
  }
  const onDomain = scopes.filter(({ entity_id }) => entity_id === domainId);
  const questions = [...onDomain, ...found.flatMap(({ scopes: its }) => its)];
  const refused = await findExceeding(questions, signal);
  const operationsOf = (its: readonly ScopeWire[]) =>
    its.map((scope) => ({
      summary: summaryOf(catalogue, scope),
      isAllowed: !refused.has(scopeKey(scope)),
    }));
  return {
    domainId,
    name: scopes.find(({ domain_name }) => domain_name)?.domain_name ?? domainId,
    operations: operationsOf(onDomain),
    objects: found.map(({ scopes: its, ...object }) => ({
      ...object,
      operations: operationsOf(its),
    })),
    groups: found.some(({ groupId }) => groupId !== undefined)
      ? await readGroups(domainId, signal)
      : [],
    more,
  };
}

interface Found extends Omit<ReachedByToken, "operations"> {
  /** What the token may do with it, as scopes on this very object. */
  readonly scopes: readonly ScopeWire[];
}

async function findObjects(
  domainId: string,
  { name: type }: CatalogueType,
  scopes: readonly NamedScope[],
  signal: AbortSignal,
): Promise<{ objects: Found[]; left: number }> {
  const onAll = scopes.filter(({ entity_id }) => entity_id === allEntities);
  const onSingle = Map.groupBy(
    scopes.filter(({ entity_id }) => entity_id !== allEntities),
    ({ entity_id }) => entity_id,
  );
  const scopesFor = (id: string): ScopeWire[] =>
    [...onAll, ...(onSingle.get(id) ?? [])].map(({ operation }) => ({
      domain_id: domainId,
      entity_type: type,
      entity_id: id,
      operation,
    }));
  const all = onAll.length === 0 ? undefined : await listEntities(domainId, type, signal);
  const listed = (all?.entities ?? []).map((entity) => ({
    ...seen(type, entity),
    scopes: scopesFor(entity.id),
  }));
  const rest: Found[] = [];
  for (const [id, its] of onSingle) {
    if (listed.some((one) => one.id === id)) continue;
    const name = its[0]?.entity_name ?? "";
    const entity = (await listEntities(domainId, type, signal, id))?.entities[0];
    const object = entity === undefined ? { type, id, name } : seen(type, entity);
    rest.push({ ...object, scopes: scopesFor(id) });
  }
  // What is kept elsewhere, or hidden from the person, is there as a whole.
  const asWhole =
    onAll.length > 0 && all === undefined
      ? [{ type, id: allEntities, name: "", scopes: scopesFor(allEntities) }]
      : [];
  return { objects: [...asWhole, ...listed, ...rest], left: (all?.total ?? 0) - listed.length };
}

function seen(type: string, entity: Entity) {
  return { type, id: entity.id, name: entity.name, groupId: parentGroupIdOf(entity) };
}

/** `undefined`: they are not kept here, or the person may not list them. */
async function listEntities(domainId: string, type: string, signal: AbortSignal, id?: string) {
  if (!isEntityTypeName(type)) return undefined;
  const order = { order: "name", dir: "asc", status: "all", limit: drawnPerType } as const;
  const query = id === undefined ? order : { ...order, id };
  try {
    const reply = await entityCalls[type].list({ domainId, query }, { signal });
    return { total: reply.total, entities: reply[type] ?? [] };
  } catch (error) {
    if (error instanceof TesseraError && error.status === 403) return undefined;
    throw error;
  }
}

/** The first groups of the domain; what is in others is drawn at the top. */
async function readGroups(domainId: string, signal: AbortSignal) {
  const found = await listEntities(domainId, "groups", signal);
  return (found?.entities ?? []).map((group) => ({
    id: group.id,
    name: group.name,
    parentId: parentGroupIdOf(group),
  }));
}

function summaryOf(catalogue: CatalogueReply, { entity_type, operation }: ScopeWire): string {
  const type = catalogue.entity_types.find(({ name }) => name === entity_type);
  return type?.operations.find(({ name }) => name === operation)?.summary ?? operation;
}
