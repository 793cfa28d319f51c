import type { Catalogue, EntityType, Target } from "@tessera/contract";
import { type Kysely, type RawBuilder, sql } from "kysely";
import {
  type RoleActionsRow,
  readRoleActions,
  roleActionsColumn,
} from "../../rights/role-actions-store.ts";
import { findAncestors } from "../../rights/way-store.ts";
import type { Database } from "../../store/database.ts";
import type { Schema } from "../../store/schema.ts";

export type AccessType = "direct" | "direct_group" | "indirect_group" | "domain";

/** A role through which its members reach an object. */
export interface RoleThatReaches {
  readonly roleId: string;
  readonly roleName: string;
  readonly actions: readonly string[];
  readonly accessType: AccessType;
  /** Where the role is held. */
  readonly providerId: string;
  /** Ids from the root down to the group where the role is held; empty: no group. */
  readonly providerPath: readonly string[];
}

/** Every role, on the object, on the groups above it and on its domain, that allows something on the object. */
export async function findRolesThatReach(
  database: Pick<Database, "lists" | "inTime">,
  catalogue: Catalogue,
  type: EntityType,
  target: Target,
): Promise<readonly RoleThatReaches[]> {
  const db = database.lists;
  const places = await findPlaces(db, type, target);
  const ofPlaces = places.map(
    ({ entityType, entityId }) => sql`
      select r.id, r.name, r.entity_type, r.entity_id, r.created_at, r.has_all_actions,
        ${roleActionsColumn("r.id")}
      from roles r
      where r.domain_id = ${target.domainId}
        and r.entity_type = ${entityType} and r.entity_id = ${entityId}
        and ${database.inTime(sql.ref("r.id"))}`,
  );
  const { rows } = await sql<RoleRow>`
    ${sql.join(ofPlaces, sql` union all `)} order by created_at, id`.execute(db);
  const rowsOf = Map.groupBy(rows, ({ entity_type, entity_id }) => `${entity_type} ${entity_id}`);
  return places.flatMap((place) => {
    const { accessType, providerId, providerPath } = place;
    const readActions = createActionsReader(catalogue, type, place);
    return (rowsOf.get(`${place.entityType} ${place.entityId}`) ?? []).flatMap((row) => {
      const actions = readActions(row);
      if (actions === undefined) return [];
      return { roleId: row.id, roleName: row.name, actions, accessType, providerId, providerPath };
    });
  });
}

/** Reads what the place's roles allow; `undefined`: nothing on the object. Of many roles most allow the same. */
function createActionsReader(
  catalogue: Catalogue,
  type: EntityType,
  { entityType, accessType }: Place,
): (row: RoleActionsRow) => readonly string[] | undefined {
  const known = new Map<string, readonly string[] | undefined>();
  const all = catalogue.roleActions(entityType);
  return (row) => {
    const key = row.has_all_actions === 1 ? "all" : `some ${row.actions ?? ""}`;
    if (!known.has(key)) {
      const actions = readRoleActions(row, all);
      const isUseful = allowsSomething(catalogue, type, accessType, actions);
      known.set(key, isUseful ? actions : undefined);
    }
    return known.get(key);
  };
}

interface RoleRow extends RoleActionsRow {
  readonly id: string;
  readonly name: string;
  readonly entity_type: string;
  readonly entity_id: string;
}

interface Place extends Pick<RoleThatReaches, "accessType" | "providerId" | "providerPath"> {
  readonly entityType: string;
  readonly entityId: string;
}

/** The object itself, the groups above it from the nearest on, the domain. */
async function findPlaces(
  db: Kysely<Schema>,
  type: EntityType,
  { domainId, entityType, entityId }: Target,
): Promise<readonly Place[]> {
  const nowhere = { providerId: "", providerPath: [] };
  const itself = { entityType, entityId, accessType: "direct" as const };
  if (type.kind === "domain") return [{ ...itself, ...nowhere }];
  const entity = await db
    .selectFrom("entities")
    .select("parent_id")
    .where("domain_id", "=", domainId)
    .where("type", "=", entityType)
    .where("id", "=", entityId)
    .executeTakeFirst();
  const parentId = entity?.parent_id ?? "";
  const path = (await findAncestors(db, domainId, [parentId])).get(parentId) ?? [];
  const groups = path.map((groupId, index) => ({
    entityType: "groups",
    entityId: groupId,
    accessType: groupId === parentId ? ("direct_group" as const) : ("indirect_group" as const),
    providerId: groupId,
    providerPath: path.slice(0, index + 1),
  }));
  const own =
    type.kind === "group" ? { providerId: entityId, providerPath: [...path, entityId] } : nowhere;
  return [
    { ...itself, ...own },
    ...groups.reverse(),
    {
      entityType: "domains",
      entityId: domainId,
      accessType: "domain",
      providerId: domainId,
      providerPath: [],
    },
  ];
}

function allowsSomething(
  catalogue: Catalogue,
  type: EntityType,
  accessType: AccessType,
  actions: readonly string[],
): boolean {
  if (accessType === "direct") return actions.length > 0;
  return type.ownActions.some((action) => {
    const { parentGroup, ancestorGroup, domain } = catalogue.actionsThatAllow(type.name, action);
    const needed = { direct_group: parentGroup, indirect_group: ancestorGroup, domain }[accessType];
    return needed !== undefined && actions.includes(needed);
  });
}

/** A page of the domain's members who are in one of the roles, and in which of them. */
export async function listPeopleInRoles(
  database: Pick<Database, "lists" | "inTime">,
  domainId: string,
  roleIds: readonly string[],
  page: { readonly dir: "asc" | "desc"; readonly offset: number; readonly limit: number },
): Promise<{ total: number; people: readonly { userId: string; roleIds: readonly string[] }[] }> {
  if (roleIds.length === 0) return { total: 0, people: [] };
  const inRoles = sql`
    from role_members m where m.role_id in (${sql.join(roleIds)})
      and ${database.inTime(sql.ref("m.user_id"))} and ${isMember(domainId)}`;
  const db = database.lists;
  const counted = await sql<{ total: number }>`
    select count(distinct m.user_id) as total ${inRoles}`.execute(db);
  const dir = sql.raw(page.dir);
  const paged = await sql<{ user_id: string }>`
    select distinct m.user_id ${inRoles} order by m.user_id ${dir}
    limit ${page.limit} offset ${page.offset}`.execute(db);
  const userIds = paged.rows.map(({ user_id }) => user_id);
  const held = userIds.length === 0 ? [] : await findHeldRoles(db, roleIds, userIds);
  const rolesOf = Map.groupBy(held, ({ user_id }) => user_id);
  return {
    total: counted.rows[0]?.total ?? 0,
    people: userIds.map((userId) => ({
      userId,
      roleIds: (rolesOf.get(userId) ?? []).map(({ role_id }) => role_id),
    })),
  };
}

/** What makes a person more, or less, than the roles say. */
export interface PersonStanding {
  /** Of the platform. */
  readonly isAdmin: boolean;
  readonly isEnabled: boolean;
}

export async function readStandings(
  db: Kysely<Schema>,
  userIds: readonly string[],
): Promise<ReadonlyMap<string, PersonStanding>> {
  if (userIds.length === 0) return new Map();
  const users = await db
    .selectFrom("users")
    .where("id", "in", userIds)
    .select(["id", "role", "status"])
    .execute();
  return new Map(
    users.map(({ id, role, status }) => [
      id,
      { isAdmin: role === "admin", isEnabled: status === "enabled" },
    ]),
  );
}

function findHeldRoles(
  db: Kysely<Schema>,
  roleIds: readonly string[],
  userIds: readonly string[],
): Promise<{ user_id: string; role_id: string }[]> {
  return db
    .selectFrom("role_members")
    .select(["user_id", "role_id"])
    .where("role_id", "in", [...roleIds])
    .where("user_id", "in", [...userIds])
    .execute();
}

/** Has a role on the domain that allows something: without that nothing in it is reached. */
function isMember(domainId: string): RawBuilder<boolean> {
  return sql`exists (
    select 1 from role_members d join roles r on r.id = d.role_id
    where d.user_id = m.user_id and d.domain_id = ${domainId}
      and d.entity_type = 'domains' and d.entity_id = ${domainId}
      and (r.has_all_actions = 1 or exists (select 1 from role_actions a where a.role_id = r.id))
  )`;
}
