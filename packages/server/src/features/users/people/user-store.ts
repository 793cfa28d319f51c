import { AppError } from "@tessera/contract";
import { sql } from "kysely";
import type { Trx } from "../../../store/database.ts";
import { deleteSome, rowsOfPart, shrinkTokens } from "../../../store/delete-some.ts";
import type { NewRow, Row, RowChange } from "../../../store/schema.ts";
import { uniqueKey } from "../../../store/search-key.ts";

type Reader = Pick<Trx, "selectFrom">;

export type StoredUser = Row<"users"> & { readonly tags: readonly string[] };

export async function findUser(db: Reader, userId: string): Promise<StoredUser | undefined> {
  const user = await db.selectFrom("users").selectAll().where("id", "=", userId).executeTakeFirst();
  if (user === undefined) return undefined;
  const tags = await readTags(db, [userId]);
  return { ...user, tags: tags.get(userId) ?? [] };
}

/** Throws 404 where there is none. */
export async function requireUser(db: Reader, userId: string): Promise<StoredUser> {
  const user = await findUser(db, userId);
  if (user === undefined) throw unknownUser();
  return user;
}

export function unknownUser(): AppError {
  return new AppError("not_found", "There is no such user");
}

/** By username or email, in any case; one read whether or not there is one. A username holds no `@`. */
export async function findUserBySignInName(
  db: Reader,
  name: string,
): Promise<Pick<StoredUser, "id" | "password_hash" | "status"> | undefined> {
  return db
    .selectFrom("users")
    .select(["id", "password_hash", "status"])
    .where(name.includes("@") ? "email_key" : "username_key", "=", uniqueKey(name))
    .executeTakeFirst();
}

/** The tags of each user that has any, in the order in which they were sent. */
export async function readTags(
  db: Reader,
  userIds: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (userIds.length === 0) return new Map();
  const rows = await db
    .selectFrom("user_tags")
    .selectAll()
    .where("user_id", "in", userIds)
    .orderBy("user_id")
    .orderBy("position")
    .orderBy("tag")
    .execute();
  const byUser = new Map<string, string[]>();
  for (const { user_id, tag } of rows) {
    byUser.set(user_id, [...(byUser.get(user_id) ?? []), tag]);
  }
  return byUser;
}

export async function hasAnyUser(db: Reader): Promise<boolean> {
  const user = await db.selectFrom("users").select("id").limit(1).executeTakeFirst();
  return user !== undefined;
}

/** Whether some enabled administrator is left besides this one. */
export async function hasAnotherAdmin(db: Reader, userId: string): Promise<boolean> {
  const other = await db
    .selectFrom("users")
    .select("id")
    .where("status", "=", "enabled")
    .where("role", "=", "admin")
    .where("id", "!=", userId)
    .limit(1)
    .executeTakeFirst();
  return other !== undefined;
}

export async function insertUser(trx: Trx, user: NewRow<"users">): Promise<void> {
  await trx.insertInto("users").values(user).execute();
}

export async function updateUser(
  trx: Trx,
  userId: string,
  change: RowChange<"users">,
): Promise<void> {
  await trx.updateTable("users").set(change).where("id", "=", userId).execute();
}

/** Repeated tags are kept once. */
export async function replaceTags(
  trx: Trx,
  userId: string,
  tags: readonly string[],
): Promise<void> {
  await trx.deleteFrom("user_tags").where("user_id", "=", userId).execute();
  const rows = [...new Set(tags)].map((tag, position) => ({ user_id: userId, tag, position }));
  if (rows.length > 0) await trx.insertInto("user_tags").values(rows).execute();
}

/** Some of the users who were deleted at or before `at`. */
export async function findDeletedUsers(db: Reader, at: number): Promise<readonly string[]> {
  const found = await db
    .selectFrom("users")
    .select("id")
    .where("status", "=", "deleted")
    .where("deleted_at", "<=", at)
    .limit(100)
    .execute();
  return found.map(({ id }) => id);
}

const tokensAtOnce = 5;

/** What was removed of a deleted user; `isMore`: there may be more. */
export interface RemovedPart {
  readonly tokenIds: readonly string[];
  readonly isMore: boolean;
}

/** Removes some of what hangs on a user, who is deleted. */
export async function removeSomeOfUser(trx: Trx, userId: string): Promise<RemovedPart> {
  const found = await trx
    .selectFrom("tokens as t")
    .innerJoin("users as u", "u.id", "t.user_id")
    .where("u.id", "=", userId)
    .where("u.status", "=", "deleted")
    .select("t.id")
    .limit(tokensAtOnce)
    .execute();
  const tokenIds = found.map(({ id }) => id);
  if (tokenIds.length === 0) return { tokenIds, isMore: await removeSomeRows(trx, userId) };
  if ((await shrinkTokens(trx, tokenIds)) === rowsOfPart) return { tokenIds: [], isMore: true };
  await trx.deleteFrom("tokens").where("id", "in", tokenIds).execute();
  return { tokenIds, isMore: true };
}

/** What goes along with a user by itself, and may be much: who made many objects has a role on each. */
async function removeSomeRows(trx: Trx, userId: string): Promise<boolean> {
  const isDeleted = sql`exists (select 1 from users u where u.id = ${userId} and u.status = 'deleted')`;
  const rows = [
    ["role_members", ["role_id", "user_id"], "user_id"],
    ["invitations", ["domain_id", "invitee_user_id"], "invited_by"],
    ["invitations", ["domain_id", "invitee_user_id"], "invitee_user_id"],
    ["sessions", ["id"], "user_id"],
    ["notices", ["id"], "user_id"],
  ] as const;
  for (const [table, key, column] of rows) {
    const isTheirs = sql<boolean>`${sql.ref(column)} = ${userId} and ${isDeleted}`;
    if ((await deleteSome(trx, table, key, isTheirs)) === rowsOfPart) return true;
  }
  return false;
}

/** Removes a deleted user with all that is theirs; whether there was one. */
export async function removeDeletedUser(trx: Trx, userId: string): Promise<boolean> {
  const { numDeletedRows } = await trx
    .deleteFrom("users")
    .where("id", "=", userId)
    .where("status", "=", "deleted")
    .executeTakeFirst();
  return numDeletedRows > 0n;
}
