import type { Target } from "@tessera/contract";
import { type Kysely, sql } from "kysely";
import type { Database, Trx } from "../../store/database.ts";
import { forEachChunk } from "../../store/row-chunks.ts";
import type { NewRow, Row, RowChange, Schema } from "../../store/schema.ts";

type Handle = Kysely<Schema>;

/** A page of something. */
export interface PageBounds {
  readonly offset: number;
  readonly limit: number;
}

/** Whether the domain, or the object in it, exists. */
export async function isObjectKnown(db: Handle, target: Target): Promise<boolean> {
  const isDomain = target.entityType === "domains";
  const found = await (isDomain ? findDomainId(db, target) : findEntityId(db, target));
  return found !== undefined;
}

function findDomainId(db: Handle, { domainId }: Target) {
  return db
    .selectFrom("domains")
    .select("id")
    .where("id", "=", domainId)
    .where("status", "<>", "deleted")
    .executeTakeFirst();
}

function findEntityId(db: Handle, { domainId, entityType, entityId }: Target) {
  return db
    .selectFrom("entities")
    .select("id")
    .where("domain_id", "=", domainId)
    .where("type", "=", entityType)
    .where("id", "=", entityId)
    .executeTakeFirst();
}

/** A role of this very object. */
export async function findRole(
  db: Handle,
  target: Target,
  roleId: string,
): Promise<Row<"roles"> | undefined> {
  return rolesOf(db, target).selectAll().where("id", "=", roleId).executeTakeFirst();
}

export async function countRoles(db: Handle, target: Target): Promise<number> {
  const { count } = await rolesOf(db, target)
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .executeTakeFirstOrThrow();
  return count;
}

/** The roles of the object, oldest first; the built-in one is as old as the object. */
export async function listRoles(
  db: Handle,
  target: Target,
  { offset, limit }: PageBounds,
): Promise<{ total: number; roles: Row<"roles">[] }> {
  const { total } = await rolesOf(db, target)
    .select((eb) => eb.fn.countAll<number>().as("total"))
    .executeTakeFirstOrThrow();
  const roles = await rolesOf(db, target)
    .selectAll()
    .orderBy("created_at")
    .orderBy("has_all_actions", "desc")
    .orderBy("id")
    .offset(offset)
    .limit(limit)
    .execute();
  return { total, roles };
}

export async function insertRole(
  trx: Trx,
  role: NewRow<"roles">,
  actions: readonly string[],
): Promise<void> {
  await trx.insertInto("roles").values(role).execute();
  await insertRoleActions(trx, role.id, actions);
}

export async function updateRole(
  trx: Trx,
  roleId: string,
  change: RowChange<"roles">,
): Promise<void> {
  await trx.updateTable("roles").set(change).where("id", "=", roleId).execute();
}

export async function deleteRole(trx: Trx, roleId: string): Promise<void> {
  await trx.deleteFrom("roles").where("id", "=", roleId).execute();
}

/** The actions written down for the role; a built-in role has none of them and all. */
export async function readStoredActions(db: Handle, roleId: string): Promise<readonly string[]> {
  const rows = await db
    .selectFrom("role_actions")
    .select("action")
    .where("role_id", "=", roleId)
    .execute();
  return rows.map(({ action }) => action);
}

/** Adds actions; those that the role has already stay. */
export async function insertRoleActions(
  trx: Trx,
  roleId: string,
  actions: readonly string[],
): Promise<void> {
  const rows = [...new Set(actions)].map((action) => ({ role_id: roleId, action }));
  await forEachChunk(rows, (chunk) =>
    trx
      .insertInto("role_actions")
      .values(chunk)
      .onConflict((conflict) => conflict.doNothing())
      .execute(),
  );
}

/** Without `actions`: all of them. */
export async function deleteRoleActions(
  trx: Trx,
  roleId: string,
  actions?: readonly string[],
): Promise<void> {
  let query = trx.deleteFrom("role_actions").where("role_id", "=", roleId);
  if (actions !== undefined) query = query.where("action", "in", [...actions]);
  await query.execute();
}

/** A page of the ids of the role's members. */
export async function listRoleMembers(
  database: Pick<Database, "lists" | "inTime">,
  roleId: string,
  { offset, limit }: PageBounds,
): Promise<{ total: number; members: string[] }> {
  const members = database.lists
    .selectFrom("role_members")
    .where("role_id", "=", roleId)
    .where((eb) => database.inTime(eb.ref("user_id")));
  const { total } = await members
    .select((eb) => eb.fn.countAll<number>().as("total"))
    .executeTakeFirstOrThrow();
  const rows = await members
    .select("user_id")
    .orderBy("user_id")
    .offset(offset)
    .limit(limit)
    .execute();
  return { total, members: rows.map(({ user_id }) => user_id) };
}

/** Who of these people, or of all, has a role on the object, or this role of it. */
export interface MemberSelection {
  readonly target: Target;
  readonly roleId?: string;
  readonly userIds?: readonly string[];
}

/** Takes their roles on the object from people; returns who had one. */
export async function deleteRoleMembers(
  trx: Trx,
  { target, roleId, userIds }: MemberSelection,
): Promise<readonly string[]> {
  let query = trx
    .deleteFrom("role_members")
    .where("domain_id", "=", target.domainId)
    .where("entity_type", "=", target.entityType)
    .where("entity_id", "=", target.entityId);
  if (roleId !== undefined) query = query.where("role_id", "=", roleId);
  if (userIds !== undefined) query = query.where("user_id", "in", [...userIds]);
  const deleted = await query.returning("user_id").execute();
  return deleted.map(({ user_id }) => user_id);
}

/** Gives people who have a role on the object this one instead. */
export async function moveRoleMembers(
  trx: Trx,
  { domainId, entityType, entityId }: Target,
  roleId: string,
  userIds: readonly string[],
): Promise<void> {
  await forEachChunk(userIds, (chunk) =>
    trx
      .updateTable("role_members")
      .set({ role_id: roleId })
      .where("domain_id", "=", domainId)
      .where("entity_type", "=", entityType)
      .where("entity_id", "=", entityId)
      .where("user_id", "in", chunk)
      .execute(),
  );
}

/** Whether the object's built-in role has a member. */
export async function hasBuiltInMember(trx: Trx, target: Target): Promise<boolean> {
  const member = await rolesOf(trx, target)
    .innerJoin("role_members", "role_members.role_id", "roles.id")
    .where("roles.has_all_actions", "=", 1)
    .select("role_members.user_id")
    .executeTakeFirst();
  return member !== undefined;
}

/** Likewise besides these. */
export async function hasBuiltInMemberBeside(
  trx: Trx,
  { target, roleId, userIds }: MemberSelection,
): Promise<boolean> {
  let query = rolesOf(trx, target)
    .innerJoin("role_members as m", "m.role_id", "roles.id")
    .where("roles.has_all_actions", "=", 1)
    .select("m.user_id")
    .limit(1);
  if (roleId !== undefined && userIds !== undefined) {
    query = query.where((eb) =>
      eb.or([eb("m.role_id", "<>", roleId), eb("m.user_id", "not in", [...userIds])]),
    );
  } else if (roleId !== undefined) query = query.where("m.role_id", "<>", roleId);
  else if (userIds !== undefined) query = query.where("m.user_id", "not in", [...userIds]);
  return (await query.executeTakeFirst()) !== undefined;
}

/** The ids of these people. */
export async function listSelected(
  trx: Trx,
  selection: MemberSelection,
): Promise<readonly string[]> {
  const rows = await membersOf(trx, selection).select("user_id").orderBy("user_id").execute();
  return rows.map(({ user_id }) => user_id);
}

/** Of a role as a whole; counts no further than `most`. */
export async function countMembersAndInvitations(
  trx: Trx,
  selection: MemberSelection,
  most: number,
): Promise<number> {
  const { rows } = await sql<{ readonly members: number; readonly invitations: number }>`
    select (
      select count(*) from (${membersOf(trx, selection).select("user_id").limit(most)}) m
    ) as members, (
      select count(*) from (
        select 1 from invitations where role_id = ${selection.roleId ?? null} limit ${most}
      ) i
    ) as invitations`.execute(trx);
  return rows.reduce((sum, row) => sum + Number(row.members) + Number(row.invitations), 0);
}

/** Takes from these people so many roles on objects in the domain at most; returns of each who had it. */
export async function deleteSomeRolesOnObjects(
  trx: Trx,
  domainId: string,
  userIds: readonly string[],
  most: number,
): Promise<readonly string[]> {
  const { rows } = await sql<{ readonly user_id: string }>`
    delete from role_members where (role_id, user_id) in (
      select m.role_id, m.user_id from role_members m
      where m.user_id in (${sql.join(userIds)}) and m.domain_id = ${domainId}
        and m.entity_type <> 'domains'
      limit ${most}
    ) returning user_id`.execute(trx);
  return rows.map(({ user_id }) => user_id);
}

/** Ends the invitations of these people to the domain. */
export async function deleteInvitations(
  trx: Trx,
  domainId: string,
  userIds: readonly string[],
): Promise<void> {
  await forEachChunk(userIds, (chunk) =>
    trx
      .deleteFrom("invitations")
      .where("domain_id", "=", domainId)
      .where("invitee_user_id", "in", chunk)
      .execute(),
  );
}

function membersOf(trx: Trx, { target, roleId, userIds }: MemberSelection) {
  let query = trx
    .selectFrom("role_members")
    .where("domain_id", "=", target.domainId)
    .where("entity_type", "=", target.entityType)
    .where("entity_id", "=", target.entityId);
  if (roleId !== undefined) query = query.where("role_id", "=", roleId);
  if (userIds !== undefined) query = query.where("user_id", "in", [...userIds]);
  return query;
}

function rolesOf(db: Handle, { domainId, entityType, entityId }: Target) {
  return db
    .selectFrom("roles")
    .where("roles.domain_id", "=", domainId)
    .where("roles.entity_type", "=", entityType)
    .where("roles.entity_id", "=", entityId);
}
