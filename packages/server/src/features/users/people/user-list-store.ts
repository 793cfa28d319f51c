import type { TagFilter } from "@tessera/contract";
import { type Expression, type ExpressionBuilder, type SqlBool, sql } from "kysely";
import type { Database } from "../../../store/database.ts";
import { requireLightPage } from "../../../store/page-weight.ts";
import type { Schema, UserRole, UserStatus } from "../../../store/schema.ts";
import { uniqueKey } from "../../../store/search-key.ts";
import { readTags, type StoredUser } from "./user-store.ts";

export interface UserFilter {
  readonly status?: UserStatus | undefined;
  readonly role?: UserRole | undefined;
  /** Whether all is given in parts, or names by the beginnings of their words, email addresses and ids whole. */
  readonly by: "parts" | "words";
  /** In any case; empty ones do not filter. */
  readonly username?: string | undefined;
  readonly email?: string | undefined;
  readonly firstName?: string | undefined;
  readonly lastName?: string | undefined;
  readonly id?: string | undefined;
  readonly tags?: TagFilter;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** Inclusive, integer milliseconds since the epoch. */
  readonly createdFrom?: number | undefined;
  readonly createdTo?: number | undefined;
}

export interface UserPage {
  readonly order: "created_at" | "updated_at" | "first_name" | "last_name" | "username" | "email";
  readonly dir: "asc" | "desc";
  readonly offset: number;
  readonly limit: number;
}

type Users = ExpressionBuilder<Schema, "users">;

const lastTouch = sql<number>`coalesce(updated_at, created_at)`;

const orders = {
  created_at: sql.ref("created_at"),
  updated_at: lastTouch,
  first_name: sql.ref("first_name_key"),
  last_name: sql.ref("last_name_key"),
  username: sql.ref("username_key"),
  email: sql.ref("email_key"),
} as const;

/** What a user's personal access tokens come to, in whatever state they are. */
export interface TokenTotals {
  readonly count: number;
  /** Milliseconds since the epoch; `null`: never. */
  readonly lastUsedAt: number | null;
}

/** Of those of the users who have any. */
export async function readTokenTotals(
  database: Database,
  userIds: readonly string[],
): Promise<ReadonlyMap<string, TokenTotals>> {
  if (userIds.length === 0) return new Map();
  const rows = await database.lists
    .selectFrom("tokens")
    .where("user_id", "in", userIds)
    .groupBy("user_id")
    .select(["user_id", sql<number>`count(*)`.as("count")])
    .select(sql<number | null>`max(last_used_at)`.as("lastUsedAt"))
    .execute();
  return new Map(rows.map(({ user_id, count, lastUsedAt }) => [user_id, { count, lastUsedAt }]));
}

/** A page of the users that match, and how many match in all. */
export async function listUsers(
  database: Database,
  filter: UserFilter,
  page: UserPage,
): Promise<{ total: number; users: StoredUser[] }> {
  const matching = database.lists
    .selectFrom("users")
    .where((eb) => eb.and(conditions(database, eb, filter)));
  const { total } = await matching
    .select((eb) => eb.fn.countAll<number>().as("total"))
    .executeTakeFirstOrThrow();
  if (page.limit === 0) return { total, users: [] };
  const rows = requireLightPage(
    await matching
      .selectAll()
      .orderBy(orders[page.order], page.dir)
      .orderBy("id", page.dir)
      .offset(page.offset)
      .limit(page.limit)
      .execute(),
  );
  const tags = await readTags(
    database.lists,
    rows.map(({ id }) => id),
  );
  return { total, users: rows.map((row) => ({ ...row, tags: tags.get(row.id) ?? [] })) };
}

function conditions(database: Database, eb: Users, filter: UserFilter): Expression<SqlBool>[] {
  const { status, role, metadata, createdFrom, createdTo } = filter;
  const found: Expression<SqlBool>[] = [
    database.inTime(eb.ref("id")),
    ...tagConditions(eb, filter.tags ?? []),
  ];
  if (status !== undefined) found.push(eb("status", "=", status));
  if (role !== undefined) found.push(eb("role", "=", role));
  if (metadata !== undefined) found.push(database.jsonContains(eb.ref("metadata"), metadata));
  if (createdFrom !== undefined) found.push(eb("created_at", ">=", createdFrom));
  if (createdTo !== undefined) found.push(eb("created_at", "<=", createdTo));
  const parts = [
    ["username_key", filter.username],
    ["email_key", filter.email],
    ["first_name_key", filter.firstName],
    ["last_name_key", filter.lastName],
    ["id", filter.id],
  ] as const;
  for (const [column, part = ""] of parts) {
    if (part === "") continue;
    if (filter.by === "parts") found.push(database.containsText(eb.ref(column), part));
    else if (column === "id") found.push(eb("id", "=", part.trim().toLowerCase()));
    // Of addresses nobody learns by a part of them who there is.
    else if (column === "email_key") found.push(eb("email_key", "=", uniqueKey(part.trim())));
    else found.push(hasWord(database, eb, column, part));
  }
  return found;
}

/** What separates the words of names, besides spaces. */
const separators = ["-", "_", ".", "'", "’"];

/** The words of a text, with a space between them. */
export function wordsOf(text: string): string {
  return separators.reduce((words, separator) => words.replaceAll(separator, " "), text).trim();
}

/** Whether the beginning of the text is that of a word in the name, and the rest follows. */
function hasWord(
  database: Database,
  eb: Users,
  column: "username_key" | "first_name_key" | "last_name_key",
  text: string,
): Expression<SqlBool> {
  const words = separators.reduce<Expression<string>>(
    (expression, separator) => sql`replace(${expression}, ${sql.lit(separator)}, ' ')`,
    sql`(' ' || ${eb.ref(column)})`,
  );
  return database.containsText(words, ` ${wordsOf(text)}`);
}

function tagConditions(eb: Users, groups: TagFilter): Expression<SqlBool>[] {
  if (groups.length === 0) return [];
  return [eb.or(groups.map((group) => eb.and(group.map((tag) => hasTag(eb, tag)))))];
}

function hasTag(eb: Users, tag: string): Expression<SqlBool> {
  return eb("id", "in", eb.selectFrom("user_tags").select("user_id").where("tag", "=", tag));
}
