import { queryOptions } from "@tanstack/react-query";
import {
  builtInEntityTypes,
  type builtInOperations,
  type CallOptions,
  type EntityType,
  type ReplyTo,
  type RequestOf,
} from "@tessera/sdk";
import { api } from "./client.ts";

/** The entity types that the contract has rows for. */
export type BuiltInTypeName = TypeOf<BuiltInOperationId>;

type TypeOf<Id> = Id extends `${infer Type}.${string}` ? Type : never;

/** Those that have pages: which this server keeps in domains. */
export type EntityTypeName = Exclude<BuiltInTypeName, "domains">;

/** The operations of those types, as scopes name them: `clients.view`. */
export type BuiltInOperationId = (typeof builtInOperations)[number]["id"];

/** By their names; the names above come from the same list. */
export const builtInTypes = typesByName(builtInEntityTypes) as Readonly<
  Record<BuiltInTypeName, EntityType>
>;

export const entityTypes = typesByName(
  builtInEntityTypes.filter(({ kind }) => kind !== "domain"),
) as Readonly<Record<EntityTypeName, EntityType>>;

/** Those whose entities can be in a group, beside other groups. */
export const groupedTypeNames = Object.values(entityTypes)
  .filter(({ kind }) => kind === "entity")
  .map(({ name }) => name as EntityTypeName);

function typesByName(types: readonly EntityType[]) {
  return Object.fromEntries(types.map((type) => [type.name, type]));
}

export function isEntityTypeName(text: string): text is EntityTypeName {
  return Object.hasOwn(entityTypes, text);
}

type Client = ReplyTo<"clients.view">;
type Channel = ReplyTo<"channels.view">;
type Group = ReplyTo<"groups.view">;
type Shared = Pick<Client, keyof Client & keyof Channel & keyof Group>;

/** An entity of any of the types: what all have, and perhaps what one type adds. */
export type Entity = Shared & Partial<Client & Channel & Group>;

/** The filters, order and page of a list; what only some types know is left away for the others. */
export type EntityListQuery = NonNullable<
  (RequestOf<"clients.list"> & RequestOf<"channels.list">)["query"]
> &
  Pick<NonNullable<RequestOf<"groups.list">["query"]>, "root_group">;

export type NewEntity = RequestOf<"clients.create">["body"] &
  RequestOf<"channels.create">["body"] &
  Partial<RequestOf<"groups.create">["body"]>;

type EntityChange = RequestOf<"clients.update">["body"] & RequestOf<"groups.update">["body"];

interface InDomain {
  readonly domainId: string;
}

interface OfEntity extends InDomain {
  readonly id: string;
}

type ByType = { readonly [Type in EntityTypeName]?: readonly Entity[] };

/** The calls that the types have in common. */
interface EntityCalls {
  list(
    input: InDomain & { readonly query: EntityListQuery },
    options?: CallOptions,
  ): Promise<{ readonly total: number } & ByType>;
  view(
    input: OfEntity & { readonly query: { readonly roles: boolean } },
    options?: CallOptions,
  ): Promise<Entity>;
  create(input: InDomain & { readonly body: NewEntity }): Promise<Entity>;
  create_bulk(
    input: InDomain & { readonly body: NewEntity[] },
    options?: CallOptions,
  ): Promise<ByType>;
  update(input: OfEntity & { readonly body: EntityChange }): Promise<Entity>;
  update_tags(input: OfEntity & { readonly body: { readonly tags: string[] } }): Promise<Entity>;
  enable(input: OfEntity): Promise<Entity>;
  disable(input: OfEntity): Promise<Entity>;
  delete(input: OfEntity): Promise<undefined>;
}

/** The calls of each type, checked by the compiler to have one form. */
export const entityCalls: Readonly<Record<EntityTypeName, EntityCalls>> = api;

/** The group that the entity is in; `undefined`: none. */
export function parentGroupIdOf(entity: Entity): string | undefined {
  return entity.parent_group_id ?? entity.parent_id;
}

/** What to call an entity: clients and channels need no name. */
export function entityName({ name, id }: { readonly name: string; readonly id: string }): string {
  return name === "" ? id : name;
}

/** Whatever is known of the entities of a domain. */
export const entitiesKey = (domainId: string) => ["entities", domainId] as const;

/** A page of a list, with its total. */
export const entitiesQuery = (type: EntityTypeName, domainId: string, query: EntityListQuery) =>
  queryOptions({
    queryKey: [...entitiesKey(domainId), type, "list", query],
    queryFn: async ({ signal }) => {
      const reply = await entityCalls[type].list({ domainId, query }, { signal });
      return { total: reply.total, entities: reply[type] ?? [] };
    },
  });

/** One entity with the person's own ways to it. */
export const entityQuery = (type: EntityTypeName, domainId: string, id: string) =>
  queryOptions({
    queryKey: [...entitiesKey(domainId), type, "one", id],
    queryFn: ({ signal }) =>
      entityCalls[type].view({ domainId, id, query: { roles: true } }, { signal }),
  });
