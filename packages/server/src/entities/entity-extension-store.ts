import type { Endpoint, EntityType, ParsedInput } from "@tessera/contract";
import type { Sql, SqlCondition, Trx } from "../store/database.ts";
import type { UniqueIndex } from "../store/driver-errors.ts";
import type { EntityRow } from "./entity-store.ts";

/** The key of an object whose type is known from where it stands. */
export interface EntityKey {
  readonly domainId: string;
  readonly id: string;
}

/** The type's endpoint `<type>.<name>`; `never` where the type is known only when the server runs. */
export type EndpointOfType<T extends EntityType, Name extends string> = Extract<
  (T["operations"][number] | T["domainOperations"][number])["endpoints"][number],
  { readonly id: `${T["name"]}.${Name}` }
>;

/** What that endpoint is given. */
export type InputOfType<T extends EntityType, Name extends string> =
  EndpointOfType<T, Name> extends infer E extends Endpoint ? ParsedInput<E> : never;

/** Objects that are created together: all of them or none. */
export interface Creation<Body> {
  readonly domainId: string;
  /** Who creates them. */
  readonly userId: string;
  readonly entities: readonly { readonly id: string; readonly body: Body }[];
  /** How an error names a member of the body of the object at `index`. */
  readonly fieldOf: (index: number, member: string) => string;
  /** Hears, before they are written, of so many rows that the body does not show. */
  readonly weigh: (items: number) => void;
}

/** Rows that hang on an object. */
export interface Dependents {
  /** In the plural, as in "connections". */
  readonly name: string;
  /** What to do first where they are too many, as in "end them in parts". */
  readonly remedy: string;
  /** By which requests, where that is not plain. */
  readonly how?: string;
  /** `from … where …` */
  readonly rows: Sql;
}

/** What a list is asked for. */
export interface ListRequest<Query> {
  readonly domainId: string;
  readonly query: Query;
  /** The ids of all objects of the type that the caller may view; absent: every one. */
  readonly visibleIds: Sql | undefined;
}

/**
 * What one entity type has beyond what all of them share; every member may be left out.
 * In its SQL `e` is the row of `entities`.
 */
export interface EntityExtension<
  T extends EntityType = EntityType,
  Columns extends object = never,
> {
  /** SQL of further columns that lists and views read. */
  readonly columns?: readonly string[];
  /** SQL of further columns that only a view reads. */
  readonly viewColumns?: readonly string[];
  /** SQL of the join that the columns need. */
  readonly join?: string;
  /** The members of a reply that come from the columns. */
  readonly reply?: (row: EntityRow & Columns) => object;
  /** Writes what new objects have beside their entity; returns what the reply to their creation has beside a view's. */
  readonly insert?: (
    trx: Trx,
    creation: Creation<InputOfType<T, "create">["body"]>,
  ) => Promise<readonly object[]>;
  readonly update?: (
    trx: Trx,
    key: EntityKey,
    body: InputOfType<T, "update">["body"],
  ) => Promise<void>;
  /** What hangs on an object beside its roles, and must be changed or goes along when it is deleted. */
  readonly dependents?: (key: EntityKey) => Dependents;
  /** Throws where the object cannot be deleted as it is; nothing has been changed then. */
  readonly requireDeletable?: (trx: Trx, key: EntityKey) => Promise<unknown>;
  /** Puts right what depends on an object that is about to be deleted; tells what that costs before it does it. */
  readonly beforeDelete?: (
    trx: Trx,
    key: EntityKey,
    weigh: (items: number) => void,
  ) => Promise<void>;
  readonly listFilters?: (
    request: ListRequest<InputOfType<T, "list">["query"]>,
  ) => readonly SqlCondition[];
  /** Further columns of a list, by what it is asked for. */
  readonly listColumns?: (request: ListRequest<InputOfType<T, "list">["query"]>) => readonly Sql[];
  /** Which member of a creation's body a unique index is about. */
  readonly uniqueMembers?: Readonly<Partial<Record<UniqueIndex, string>>>;
}
