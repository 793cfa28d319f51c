import type { Catalogue, EntityType } from "@tessera/contract";
import { type Kysely, type RawBuilder, type SqlBool, sql } from "kysely";
import type { Database } from "../store/database.ts";
import type { Flag, Schema } from "../store/schema.ts";
import { type RoleActionsRow, readRoleActions, roleActionsColumn } from "./role-actions-store.ts";

/** How near to an object the role is that gives access to it. */
export type WayLevel = "direct" | "direct_group" | "indirect_group" | "domain";

/** A role of a person through which an object is reached. */
export interface Way {
  readonly level: WayLevel;
  readonly roleId: string;
  readonly roleName: string;
  readonly actions: readonly string[];
  /** Where the role is held. */
  readonly providerId: string;
  /** Ids from the root down to the group where the role is held; empty: no group. */
  readonly providerPath: readonly string[];
}

type HeldRole = Pick<Way, "roleId" | "roleName" | "actions">;

/** Whose view of a domain is wanted. */
export interface Viewer {
  readonly userId: string;
  /** Platform administrators see everything, by no role. */
  readonly isAdmin: boolean;
  /** The person's role on the domain. */
  readonly domainRole: HeldRole | undefined;
}

/** Demands on the way by which the viewer reaches an object. */
export interface WayFilter {
  readonly roleId?: string | undefined;
  readonly roleName?: string | undefined;
  /** All of them. */
  readonly actions?: readonly string[] | undefined;
  readonly accessType?: WayLevel | "indirect" | undefined;
}

export interface Reached {
  /** The nearest first. */
  readonly ways: readonly Way[];
  /** Ids from the root down to the object's parent group; empty: it has none. */
  readonly parentPath: readonly string[];
}

/** Reads a person's role on a domain, once prepared. */
export function domainRoleReader(
  database: Database,
  catalogue: Catalogue,
): (userId: string, domainId: string) => Promise<HeldRole | undefined> {
  const read = database.preparedRead<RoleRow>(`
    select r.id, r.name, r.has_all_actions,
      (select string_agg(a.action, ',') from role_actions a where a.role_id = r.id) as actions
    from role_members m join roles r on r.id = m.role_id
    where m.user_id = ? and m.domain_id = ? and m.entity_type = 'domains' and m.entity_id = ?`);
  return async (userId, domainId) => {
    const row = await read([userId, domainId, domainId]);
    return row && toHeldRole(row, catalogue.roleActions("domains"));
  };
}

/** Whether the user is a platform administrator; `undefined`: there is no such user, or not any more. */
export async function findIsAdmin(
  db: Kysely<Schema>,
  userId: string,
): Promise<boolean | undefined> {
  const user = await db
    .selectFrom("users")
    .select("role")
    .where("id", "=", userId)
    .where("status", "<>", "deleted")
    .executeTakeFirst();
  return user && user.role === "admin";
}

/** Whether the viewer is a member of the domain, without which nothing in it is reached. */
export function isMember({ isAdmin, domainRole }: Viewer): boolean {
  return isAdmin || (domainRole !== undefined && domainRole.actions.length > 0);
}

/** Whether the way lets one do this with an object of the type. */
export function wayAllows(
  catalogue: Catalogue,
  type: EntityType,
  { level, actions }: Pick<Way, "level" | "actions">,
  action: string,
): boolean {
  const needed = catalogue.actionsThatAllow(type.name, action);
  const ofLevel = {
    direct: needed.own,
    direct_group: needed.parentGroup,
    indirect_group: needed.ancestorGroup,
    domain: needed.domain,
  };
  const wanted = ofLevel[level];
  return wanted !== undefined && actions.includes(wanted);
}

/** The objects of one type that a member of the domain may view, as SQL. */
export interface Visibility {
  /** Selects their ids as `id`, each once; `undefined`: every one. */
  readonly ids: RawBuilder<unknown> | undefined;
  /** Whether `e` is reached as the filter demands; the nearest level at which it is reached counts. */
  matches(filter: WayFilter): RawBuilder<SqlBool>;
}

/** What the viewer may view; the roles that let him are found by index, never by looking at each object. */
export function visibilityOf(
  { database, catalogue }: { readonly database: Database; readonly catalogue: Catalogue },
  type: EntityType,
  domainId: string,
  viewer: Viewer,
): Visibility {
  const needed = catalogue.actionsThatAllow(type.name, "read");
  const entitiesWithRole = (entityType: string, action: string, filter: WayFilter) => sql`
    select m.entity_id as id from role_members m join roles r on r.id = m.role_id
    where m.user_id = ${viewer.userId} and m.domain_id = ${domainId} and m.entity_type = ${entityType}
      and ${database.inTime(sql.ref("m.entity_id"))}
      and ${roleMatches(catalogue, entityType, { ...filter, actions: [action] })}
      and ${roleMatches(catalogue, entityType, filter)}`;
  const below = (groups: RawBuilder<unknown>, minimum: number, maximum: number) => {
    const reached = (lowest: number, highest: number) => sql`
      g.domain_id = ${domainId} and g.ancestor_id in (${groups})
      and ${database.inTime(sql.ref("g.descendant_id"))}
      and g.depth between ${lowest} and ${highest}`;
    if (type.kind === "group") {
      return sql`
        select g.descendant_id as id from group_ancestry g where ${reached(minimum + 1, maximum + 1)}`;
    }
    // A cross join keeps SQLite from walking through the whole domain for the few that these groups hold.
    return sql`
      select p.id from group_ancestry g cross join entities p
      where ${reached(minimum, maximum)}
        and p.domain_id = ${domainId} and p.parent_id = g.descendant_id and p.type = ${type.name}
        and ${database.inTime(sql.ref("p.id"))}`;
  };
  const groupsAllowing = (action: string | undefined, filter: WayFilter) =>
    entitiesWithRole("groups", action ?? "", filter);
  const idsOf = {
    direct: (filter: WayFilter) => entitiesWithRole(type.name, needed.own, filter),
    direct_group: (filter: WayFilter) => below(groupsAllowing(needed.parentGroup, filter), 0, 0),
    indirect_group: (filter: WayFilter) =>
      below(groupsAllowing(needed.ancestorGroup, filter), 1, deepest),
  };
  const byRolesOnObjects = sql.join(
    Object.values(idsOf).map((ids) => ids({})),
    sql` union `,
  );
  const seesAll =
    viewer.isAdmin ||
    (viewer.domainRole !== undefined &&
      wayAllows(catalogue, type, { ...viewer.domainRole, level: "domain" }, "read"));

  return {
    ids: seesAll ? undefined : byRolesOnObjects,
    matches: (filter) => {
      const reached: RawBuilder<unknown>[] = [];
      const nearer: RawBuilder<unknown>[] = [];
      for (const level of ["direct", "direct_group", "indirect_group"] as const) {
        if (isLevelWanted(level, filter)) reached.push(except(idsOf[level](filter), nearer));
        nearer.push(idsOf[level]({}));
      }
      const alternatives = reached.length === 0 ? [] : [sql`e.id in (${union(reached)})`];
      const domainRoleCounts =
        seesAll &&
        viewer.domainRole !== undefined &&
        isLevelWanted("domain", filter) &&
        wayMatches(viewer.domainRole, filter);
      if (domainRoleCounts) alternatives.push(sql`e.id not in (${union(nearer)})`);
      return alternatives.length === 0
        ? sql<SqlBool>`false`
        : sql<SqlBool>`(${sql.join(alternatives, sql` or `)})`;
    },
  };
}

/** More than any group's depth. */
const deepest = 1000;

function union(selects: readonly RawBuilder<unknown>[]): RawBuilder<unknown> {
  return sql.join(selects, sql` union all `);
}

function except(ids: RawBuilder<unknown>, others: readonly RawBuilder<unknown>[]) {
  if (others.length === 0) return ids;
  return sql`select x.id from (${ids}) x where x.id not in (${union(others)})`;
}

function isLevelWanted(level: WayLevel, { accessType }: WayFilter): boolean {
  if (accessType === "indirect") return level === "direct_group" || level === "indirect_group";
  return accessType === undefined || accessType === level;
}

function wayMatches({ roleId, roleName, actions }: HeldRole, filter: WayFilter): boolean {
  return (
    (filter.roleId === undefined || filter.roleId === roleId) &&
    (filter.roleName === undefined || filter.roleName === roleName) &&
    (filter.actions ?? []).every((action) => actions.includes(action))
  );
}

/** The same demands on the role `r`, in SQL. */
function roleMatches(
  catalogue: Catalogue,
  entityType: string,
  { roleId, roleName, actions = [] }: WayFilter,
): RawBuilder<SqlBool> {
  const all = catalogue.roleActions(entityType);
  const demands: RawBuilder<unknown>[] = [];
  if (roleId !== undefined) demands.push(sql`r.id = ${roleId}`);
  if (roleName !== undefined) demands.push(sql`r.name = ${roleName}`);
  for (const action of actions) {
    if (!all.includes(action)) return sql<SqlBool>`false`;
    demands.push(sql`(r.has_all_actions = 1 or exists (
      select 1 from role_actions a where a.role_id = r.id and a.action = ${action}
    ))`);
  }
  return demands.length === 0 ? sql<SqlBool>`true` : sql<SqlBool>`${sql.join(demands, sql` and `)}`;
}

/** By which roles the person reaches each of these objects of one type. */
export async function findWays(
  db: Kysely<Schema>,
  catalogue: Catalogue,
  type: EntityType,
  domainId: string,
  viewer: Viewer,
  objects: readonly { readonly id: string; readonly parent_id: string | null }[],
): Promise<ReadonlyMap<string, Reached>> {
  const ancestors = await findAncestors(db, domainId, distinctParents(objects));
  const ids = objects.map(({ id }) => id);
  const groupIds = [...new Set([...ancestors.values()].flat())];
  const own = await findRoles(db, catalogue, viewer.userId, domainId, type.name, ids);
  const ofGroups =
    groupIds.length === 0
      ? new Map<string, HeldRole>()
      : await findRoles(db, catalogue, viewer.userId, domainId, "groups", groupIds);
  return new Map(
    objects.map(({ id, parent_id }) => {
      const parentPath = ancestors.get(parent_id ?? "") ?? [];
      const ways: Way[] = [];
      const role = own.get(id);
      const isGroup = type.kind === "group";
      if (role !== undefined) {
        const provider = isGroup
          ? { providerId: id, providerPath: [...parentPath, id] }
          : { providerId: "", providerPath: [] };
        ways.push({ level: "direct", ...role, ...provider });
      }
      for (const [index, providerId] of [...parentPath.entries()].reverse()) {
        const groupRole = ofGroups.get(providerId);
        if (groupRole === undefined) continue;
        const level = index === parentPath.length - 1 ? "direct_group" : "indirect_group";
        const providerPath = parentPath.slice(0, index + 1);
        ways.push({ level, ...groupRole, providerId, providerPath });
      }
      if (viewer.domainRole !== undefined) {
        ways.push({
          level: "domain",
          ...viewer.domainRole,
          providerId: domainId,
          providerPath: [],
        });
      }
      return [id, { ways, parentPath }];
    }),
  );
}

/** The way that a list shows: of those that let one view the object the nearest, and if possible one that the filter demands. */
export function shownWay(
  catalogue: Catalogue,
  type: EntityType,
  ways: readonly Way[],
  filter: WayFilter,
): Way | undefined {
  const viewing = ways.filter((way) => wayAllows(catalogue, type, way, "read"));
  const [nearest] = viewing;
  return viewing.find((way) => way.level === nearest?.level && wayMatches(way, filter)) ?? nearest;
}

function distinctParents(objects: readonly { readonly parent_id: string | null }[]): string[] {
  return [...new Set(objects.flatMap(({ parent_id }) => parent_id ?? []))];
}

/** For each of these groups the ids from its root down to itself. */
export async function findAncestors(
  db: Kysely<Schema>,
  domainId: string,
  groupIds: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (groupIds.length === 0) return new Map();
  const rows = await db
    .selectFrom("group_ancestry")
    .select(["descendant_id", "ancestor_id"])
    .where("domain_id", "=", domainId)
    .where("descendant_id", "in", groupIds)
    .orderBy("depth", "desc")
    .execute();
  const paths = new Map<string, string[]>();
  for (const { descendant_id, ancestor_id } of rows) {
    const path = paths.get(descendant_id) ?? [];
    paths.set(descendant_id, path);
    path.push(ancestor_id);
  }
  return paths;
}

interface RoleRow extends RoleActionsRow {
  readonly id: string;
  readonly name: string;
  readonly has_all_actions: Flag;
}

/** The person's roles on these objects of one type, by the object's id. */
async function findRoles(
  db: Kysely<Schema>,
  catalogue: Catalogue,
  userId: string,
  domainId: string,
  entityType: string,
  entityIds: readonly string[],
): Promise<ReadonlyMap<string, HeldRole>> {
  const { rows } = await sql<RoleRow & { entity_id: string }>`
    select m.entity_id, r.id, r.name, r.has_all_actions, ${roleActionsColumn("r.id")}
    from role_members m join roles r on r.id = m.role_id
    where m.user_id = ${userId} and m.domain_id = ${domainId} and m.entity_type = ${entityType}
      and m.entity_id in (${sql.join(entityIds)})`.execute(db);
  const all = catalogue.roleActions(entityType);
  return new Map(rows.map((row) => [row.entity_id, toHeldRole(row, all)]));
}

function toHeldRole(row: RoleRow, all: readonly string[]): HeldRole {
  return { roleId: row.id, roleName: row.name, actions: readRoleActions(row, all) };
}
