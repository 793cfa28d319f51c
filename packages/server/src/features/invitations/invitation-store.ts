import type { Kysely } from "kysely";
import { type RoleActionsRow, roleActionsColumn } from "../../rights/role-actions-store.ts";
import type { Trx } from "../../store/database.ts";
import type { DomainStatus, NewRow, Row, RowChange, Schema } from "../../store/schema.ts";

type Handle = Kysely<Schema>;

/** An invitation with the names of what it is to. */
export type NamedInvitation = Row<"invitations"> & {
  readonly domain_name: string;
  readonly domain_status: DomainStatus;
  readonly role_name: string;
};

export type InvitationState = "pending" | "accepted" | "rejected";

export interface InvitationFilter {
  readonly domainId?: string | undefined;
  /** Only to these domains. */
  readonly within?: readonly string[] | undefined;
  readonly inviteeUserId?: string | undefined;
  readonly invitedBy?: string | undefined;
  readonly roleId?: string | undefined;
  readonly state: InvitationState | "all";
}

/** The newest first, all that fit every filter given; `limit` 0 asks for the total alone. */
export async function listInvitations(
  db: Handle,
  filters: readonly InvitationFilter[],
  { offset, limit }: { readonly offset: number; readonly limit: number },
): Promise<{ total: number; invitations: readonly NamedInvitation[] }> {
  if (filters.some(({ within }) => within?.length === 0)) return { total: 0, invitations: [] };
  const matching = filters.reduce(whereFilter, namedInvitations(db));
  const { total } = await matching
    .clearSelect()
    .select((eb) => eb.fn.countAll<number>().as("total"))
    .executeTakeFirstOrThrow();
  if (limit === 0) return { total, invitations: [] };
  const invitations = await matching
    .orderBy("i.created_at", "desc")
    .orderBy("i.domain_id", "desc")
    .orderBy("i.invitee_user_id", "desc")
    .offset(offset)
    .limit(limit)
    .execute();
  return { total, invitations };
}

export async function findInvitation(
  db: Handle,
  domainId: string,
  inviteeUserId: string,
): Promise<NamedInvitation | undefined> {
  return namedInvitations(db)
    .where("i.domain_id", "=", domainId)
    .where("i.invitee_user_id", "=", inviteeUserId)
    .executeTakeFirst();
}

function namedInvitations(db: Handle) {
  return db
    .selectFrom("invitations as i")
    .innerJoin("domains as d", "d.id", "i.domain_id")
    .innerJoin("roles as r", "r.id", "i.role_id")
    .where("d.status", "<>", "deleted")
    .selectAll("i")
    .select(["d.name as domain_name", "d.status as domain_status", "r.name as role_name"]);
}

type Query = ReturnType<typeof namedInvitations>;

function whereFilter(query: Query, filter: InvitationFilter): Query {
  const { domainId, within, inviteeUserId, invitedBy, roleId, state } = filter;
  return query.where((eb) =>
    eb.and([
      ...(domainId === undefined ? [] : [eb("i.domain_id", "=", domainId)]),
      ...(within === undefined ? [] : [eb("i.domain_id", "in", [...within])]),
      ...(inviteeUserId === undefined ? [] : [eb("i.invitee_user_id", "=", inviteeUserId)]),
      ...(invitedBy === undefined ? [] : [eb("i.invited_by", "=", invitedBy)]),
      ...(roleId === undefined ? [] : [eb("i.role_id", "=", roleId)]),
      ...(state === "accepted" ? [eb("i.confirmed_at", "is not", null)] : []),
      ...(state === "rejected" ? [eb("i.rejected_at", "is not", null)] : []),
      ...(state === "pending"
        ? [eb("i.confirmed_at", "is", null), eb("i.rejected_at", "is", null)]
        : []),
    ]),
  );
}

/** How many invitations of the domain nobody has answered. */
export async function countPending(trx: Trx, domainId: string): Promise<number> {
  const { count } = await trx
    .selectFrom("invitations")
    .where("domain_id", "=", domainId)
    .where("confirmed_at", "is", null)
    .where("rejected_at", "is", null)
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .executeTakeFirstOrThrow();
  return count;
}

export async function insertInvitation(trx: Trx, invitation: NewRow<"invitations">): Promise<void> {
  await trx.insertInto("invitations").values(invitation).execute();
}

export async function updateInvitation(
  trx: Trx,
  domainId: string,
  inviteeUserId: string,
  change: RowChange<"invitations">,
): Promise<void> {
  await trx
    .updateTable("invitations")
    .set(change)
    .where("domain_id", "=", domainId)
    .where("invitee_user_id", "=", inviteeUserId)
    .execute();
}

export async function deleteInvitation(
  trx: Trx,
  domainId: string,
  inviteeUserId: string,
): Promise<void> {
  await trx
    .deleteFrom("invitations")
    .where("domain_id", "=", domainId)
    .where("invitee_user_id", "=", inviteeUserId)
    .execute();
}

/** A role on the domain itself. */
export async function findDomainRole(
  trx: Trx,
  domainId: string,
  roleId: string,
): Promise<(RoleActionsRow & { readonly name: string }) | undefined> {
  return trx
    .selectFrom("roles as r")
    .where("r.id", "=", roleId)
    .where("r.domain_id", "=", domainId)
    .where("r.entity_type", "=", "domains")
    .where("r.entity_id", "=", domainId)
    .select(["r.name", "r.has_all_actions", roleActionsColumn("r.id")])
    .executeTakeFirst();
}

/** An enabled user as mails name them. */
export async function findPerson(
  db: Handle,
  userId: string,
): Promise<Pick<Row<"users">, "username" | "email" | "first_name" | "last_name"> | undefined> {
  return db
    .selectFrom("users")
    .select(["username", "email", "first_name", "last_name"])
    .where("id", "=", userId)
    .where("status", "=", "enabled")
    .executeTakeFirst();
}

/** A user as one who invites others; `undefined`: no enabled user. */
export async function findInviter(
  trx: Trx,
  userId: string,
): Promise<{ readonly userId: string; readonly isAdmin: boolean } | undefined> {
  const user = await trx
    .selectFrom("users")
    .select("role")
    .where("id", "=", userId)
    .where("status", "=", "enabled")
    .executeTakeFirst();
  return user && { userId, isAdmin: user.role === "admin" };
}
