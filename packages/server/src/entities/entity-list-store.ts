import {
  AppError,
  type Catalogue,
  type EntityType,
  type listQuery,
  readTagFilter,
  readWords,
  type TagFilter,
} from "@tessera/contract";
import { type RawBuilder, type SqlBool, sql } from "kysely";
import type { z } from "zod";
import type { Totals } from "../changes/totals.ts";
import {
  findWays,
  isMember,
  type Reached,
  shownWay,
  type Viewer,
  type Visibility,
  visibilityOf,
  type Way,
  type WayFilter,
} from "../rights/way-store.ts";
import type { Database } from "../store/database.ts";
import { maximumWeight, requireLightPage } from "../store/page-weight.ts";
import type { EntityExtension } from "./entity-extension-store.ts";
import type { EntityReader, EntityRow } from "./entity-store.ts";

/** The query of any list of objects; `group` where the type's row has it. */
export type EntityListQuery = z.output<typeof listQuery> & { readonly group?: string | undefined };

export interface ListedEntity {
  readonly row: EntityRow;
  /** Absent for platform administrators. */
  readonly access?: { readonly way: Way | undefined; readonly parentPath: Reached["parentPath"] };
}

export interface EntityPage {
  /** Of all matches, not of the page. */
  readonly total: number;
  readonly items: readonly ListedEntity[];
}

export interface ListDeps {
  readonly database: Database;
  readonly catalogue: Catalogue;
  readonly type: EntityType;
  readonly extension: EntityExtension;
  readonly reader: EntityReader;
  readonly totals: Totals;
}

/** The objects of one type in a domain that the viewer may view and that the query asks for. */
export async function listEntities(
  { database, catalogue, type, extension, reader, totals }: ListDeps,
  domainId: string,
  viewer: Viewer,
  query: EntityListQuery,
  moreFilters: readonly RawBuilder<SqlBool>[] = [],
): Promise<EntityPage> {
  if (!isMember(viewer)) return { total: 0, items: [] };
  const visibility = visibilityOf({ database, catalogue }, type, domainId, viewer);
  const wayFilter = readWayFilter(query);
  const request = { domainId, query: query as never, visibleIds: visibility.ids };
  const tagged = taggedWith(database, type, domainId, readTagFilter(query.tags));
  const [source, ...startFilters] = startOf(visibility, tagged);
  const filters = [
    ...startFilters,
    ...(hasDemands(wayFilter) && !viewer.isAdmin ? [visibility.matches(wayFilter)] : []),
    ...(type.kind === "entity" ? groupFilters(domainId, query.group) : []),
    ...sharedFilters(database, query, { isOfFew: startFilters.length > 0 }),
    ...(extension.listFilters?.(request) ?? []),
    ...moreFilters,
  ];
  const matches: Matches = (status) => {
    const ofStatus = status === "all" ? sql`` : sql`and e.status = ${status}`;
    const all = sql`e.domain_id = ${domainId} and e.type = ${type.name} ${ofStatus}`;
    const conditions = [all, database.inTime(sql.ref("e.id")), ...filters];
    return sql`from ${source} where ${sql.join(conditions, sql` and `)}`;
  };
  const count = async () => {
    const { rows } = await sql<{ total: number }>`
      select count(*) as total ${matches(query.status)}`.execute(database.lists);
    return rows[0]?.total ?? 0;
  };
  const isUnfiltered = filters.length === 0;
  const total = isUnfiltered ? await totals.get(domainId, query.status, count) : await count();
  if (query.only_total || total <= query.offset) return { total, items: [] };

  const order = orderOf(query);
  const page = pageOf(query, order, matches);
  const statement = reader.listStatement(page, extension.listColumns?.(request) ?? [], order);
  const rows = requireLightPage((await statement.execute(database.lists)).rows);
  if (viewer.isAdmin) return { total, items: rows.map((row) => ({ row })) };
  const reached = await findWays(database.lists, catalogue, type, domainId, viewer, rows);
  const items = rows.map((row) => {
    const { ways = [], parentPath = [] } = reached.get(row.id) ?? {};
    return { row, access: { way: shownWay(catalogue, type, ways, wayFilter), parentPath } };
  });
  return { total, items };
}

/** How many objects one reply without pages may carry. */
const maximumObjects = 1_000;

/**
 * Every object of the type that the viewer may view and that the filters let through, in no particular order.
 * Throws `limit_reached` before it reads more than one reply may carry; `howToAskForLess` ends its message.
 */
export async function findAllEntities(
  { database, catalogue, type, reader }: ListDeps,
  domainId: string,
  viewer: Viewer,
  filters: readonly RawBuilder<SqlBool>[],
  howToAskForLess: string,
): Promise<readonly EntityRow[]> {
  if (!isMember(viewer)) return [];
  const visibility = visibilityOf({ database, catalogue }, type, domainId, viewer);
  const [source, ...startFilters] = startOf(visibility);
  const conditions = [
    sql`e.domain_id = ${domainId} and e.type = ${type.name}`,
    database.inTime(sql.ref("e.id")),
    ...startFilters,
    ...filters,
  ];
  const matching = sql`from ${source} where ${sql.join(conditions, sql` and `)}`;
  const measured = await sql<{ objects: number; bytes: number | null }>`
    select count(*) as objects, sum(octet_length(e.name) + octet_length(e.metadata) + (
      select coalesce(sum(octet_length(t.tag)), 0) from entity_tags t
      where t.domain_id = e.domain_id and t.type = e.type and t.entity_id = e.id
    )) as bytes
    from (select e.* ${matching} limit ${maximumObjects + 1}) e`.execute(database.lists);
  const { objects = 0, bytes = 0 } = measured.rows[0] ?? {};
  if (objects > maximumObjects || (bytes ?? 0) > maximumWeight) {
    throw tooManyAtOnce(type, howToAskForLess);
  }
  const all = sql`select e.* ${matching}`;
  const { rows } = await reader.listStatement(all, []).execute(database.lists);
  return rows;
}

function tooManyAtOnce({ name }: EntityType, howToAskForLess: string): AppError {
  const limit = `${maximumObjects} with ${maximumWeight / 1024 / 1024} MiB of names, tags and metadata`;
  return new AppError(
    "limit_reached",
    `There are too many ${name} for one reply, which carries at most ${limit}: ${howToAskForLess}`,
  );
}

/** What a list looks through: `from … where …` for the objects of that status. */
type Matches = (status: EntityListQuery["status"]) => RawBuilder<unknown>;

/** Where the search begins, and the conditions that follow from it. */
type Start = readonly [source: RawBuilder<unknown>, ...conditions: RawBuilder<SqlBool>[]];

/** A cross join keeps SQLite from walking through the whole domain for the few that are visible or have the tags. */
function startOf({ ids }: Visibility, tagged?: Tagged): Start {
  const few = ids ?? tagged?.ids;
  if (few === undefined) return [sql`entities e`];
  const start = [sql`(${few}) v cross join entities e`, sql<SqlBool>`e.id = v.id`] as const;
  return ids === undefined || tagged === undefined ? start : [...start, tagged.matches];
}

interface Tagged {
  /** Selects the objects with the tags as `id`, each once. */
  readonly ids: RawBuilder<unknown>;
  /** Whether `e` has the tags. */
  readonly matches: RawBuilder<SqlBool>;
}

function taggedWith(
  database: Database,
  type: EntityType,
  domainId: string,
  groups: TagFilter,
): Tagged | undefined {
  if (groups.length === 0) return undefined;
  const ofTags = (tags: readonly string[]) => sql`
    t.domain_id = ${domainId} and t.type = ${type.name} and t.tag in (${sql.join(tags)})`;
  // Counted, not joined: PostgreSQL takes seconds to plan a hundred joins. An object has a tag once.
  const hasAll = (id: string, tags: readonly string[]) =>
    tags.length === 0
      ? sql`true`
      : sql`(
        select count(*) from entity_tags t where ${ofTags(tags)} and t.entity_id = ${sql.ref(id)}
      ) = ${sql.lit(tags.length)}`;
  const selects = groups.map(
    ([first = "", ...others]) => sql`
      select f.entity_id as id
      from (select t.entity_id from entity_tags t where ${ofTags([first])}) f
      where ${database.inTime(sql.ref("f.entity_id"))} and ${hasAll("f.entity_id", others)}`,
  );
  const alternatives = groups.map((tags) => sql`(${hasAll("e.id", tags)})`);
  return {
    ids: sql.join(selects, sql` union `),
    matches: sql<SqlBool>`(${sql.join(alternatives, sql` or `)})`,
  };
}

function readWayFilter({ role_id, role_name, actions, access_type }: EntityListQuery): WayFilter {
  return {
    roleId: role_id || undefined,
    roleName: role_name || undefined,
    actions: readWords(actions),
    accessType: access_type,
  };
}

function hasDemands({ roleId, roleName, actions = [], accessType }: WayFilter): boolean {
  return (
    roleId !== undefined || roleName !== undefined || actions.length > 0 || accessType !== undefined
  );
}

function groupFilters(domainId: string, groupId: string | undefined): RawBuilder<SqlBool>[] {
  if (groupId === undefined) return [];
  if (groupId === "") return [sql<SqlBool>`e.parent_id is null`];
  return [
    sql<SqlBool>`e.parent_id in (
      select g.descendant_id from group_ancestry g
      where g.domain_id = ${domainId} and g.ancestor_id = ${groupId}
    )`,
  ];
}

function sharedFilters(
  database: Database,
  query: EntityListQuery,
  { isOfFew }: { readonly isOfFew: boolean },
): RawBuilder<SqlBool>[] {
  const { name, id, metadata, created_from, created_to } = query;
  const filters: RawBuilder<SqlBool>[] = [];
  if (name !== undefined && name !== "") {
    filters.push(sql`${database.containsText(sql.ref("e.name_key"), name)}`);
  }
  if (id !== undefined && id !== "") filters.push(sql`e.id = ${id}`);
  if (metadata !== undefined && Object.keys(metadata).length > 0) {
    filters.push(sql`${database.jsonContains(sql.ref("e.metadata"), metadata)}`);
  }
  // As a bare column SQLite would, for each of a few, look through all of the domain that were created then.
  const createdAt = isOfFew ? sql`(e.created_at + 0)` : sql`e.created_at`;
  if (created_from !== undefined) filters.push(sql`${createdAt} >= ${Date.parse(created_from)}`);
  if (created_to !== undefined) filters.push(sql`${createdAt} <= ${Date.parse(created_to)}`);
  return filters;
}

const orderColumns = {
  name: "e.name_key",
  created_at: "e.created_at",
  updated_at: "e.touched_at",
} as const;

/** The rows of a page, in their order. */
function pageOf(
  query: EntityListQuery,
  order: RawBuilder<unknown>,
  matches: Matches,
): RawBuilder<unknown> {
  const { status, limit, offset } = query;
  if (status !== "all" || query.order === "updated_at") {
    return sql`select e.* ${matches(status)}
      order by ${order} limit ${limit} offset ${offset}`;
  }
  // No index has this order but for each status alone: of each as many as the page can take from it.
  const ofStatus = (one: EntityListQuery["status"]) => sql`select * from (
    select e.* ${matches(one)} order by ${order} limit ${offset + limit}
  ) of_status`;
  return sql`select e.* from (${ofStatus("enabled")} union all ${ofStatus("disabled")}) e
    order by ${order} limit ${limit} offset ${offset}`;
}

/** Ties are broken by id, in the same direction. */
function orderOf({ order, dir }: EntityListQuery): RawBuilder<unknown> {
  const direction = sql.raw(dir === "asc" ? "asc" : "desc");
  return sql`${sql.ref(orderColumns[order])} ${direction}, e.id ${direction}`;
}
