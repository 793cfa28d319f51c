import type { Scope } from "@tessera/contract";
import { type Expression, type ExpressionBuilder, type SelectQueryBuilder, sql } from "kysely";
import type { Database, Trx } from "../../../store/database.ts";
import type {
  NewRow,
  Row,
  RowChange,
  Schema,
  UserRole,
  UserStatus,
} from "../../../store/schema.ts";
import type { StoredScope } from "../scopes/scope-set.ts";
import { conditionsOf, type TokenStatus } from "./token-state.ts";

/** A token as its check needs it, with its owner's state. */
export interface TokenForCheck {
  readonly id: string;
  readonly user_id: string;
  readonly digest: string;
  readonly key_version: string;
  readonly expires_at: number;
  readonly revoked_at: number | null;
  readonly owner_status: UserStatus;
  readonly owner_role: UserRole;
}

export function prepareTokenRead(
  database: Database,
): (tokenId: string) => Promise<TokenForCheck | undefined> | TokenForCheck | undefined {
  const read = database.preparedRead<TokenForCheck>(`
    select t.id, t.user_id, t.digest, t.key_version, t.expires_at, t.revoked_at,
           u.status as owner_status, u.role as owner_role
    from tokens t join users u on u.id = t.user_id
    where t.id = ?`);
  return (tokenId) => read([tokenId]);
}

/** The same inside a transaction. */
export async function findTokenForCheck(
  trx: Pick<Trx, "selectFrom">,
  tokenId: string,
): Promise<TokenForCheck | undefined> {
  return selectForCheck(trx, tokenId).executeTakeFirst();
}

function selectForCheck(handle: Pick<Trx, "selectFrom">, tokenId: string) {
  return handle
    .selectFrom("tokens as t")
    .innerJoin("users as u", "u.id", "t.user_id")
    .select(["t.id", "t.user_id", "t.digest", "t.key_version", "t.expires_at", "t.revoked_at"])
    .select(["u.status as owner_status", "u.role as owner_role"])
    .where("t.id", "=", tokenId);
}

/** A token with what an administrator who was given it is told of its owner. */
export type TokenWithOwner = TokenForCheck &
  Pick<Row<"tokens">, "name" | "issued_at" | "last_used_at"> & {
    readonly owner_username: string;
    readonly owner_email: string;
  };

export async function findTokenWithOwner(
  handle: Pick<Trx, "selectFrom">,
  tokenId: string,
): Promise<TokenWithOwner | undefined> {
  return selectForCheck(handle, tokenId)
    .select(["t.name", "t.issued_at", "t.last_used_at"])
    .select(["u.username as owner_username", "u.email as owner_email"])
    .executeTakeFirst();
}

/** What of the token's row leaves the store: never the digest. */
const visibleColumns = [
  "id",
  "user_id",
  "name",
  "description",
  "issued_at",
  "expires_at",
  "revoked_at",
  "updated_at",
  "last_used_at",
  "last_used_address",
  "use_count",
] as const;

export type VisibleToken = Pick<Row<"tokens">, (typeof visibleColumns)[number]> & {
  readonly scopes_count: number;
};

export interface TokenFilter {
  readonly userId: string;
  readonly name: string | undefined;
  readonly id: string | undefined;
  readonly status: TokenStatus | "all";
  readonly now: number;
}

export interface TokenPage {
  readonly order: "name_key" | "issued_at" | "expires_at" | "last_used_at";
  readonly dir: "asc" | "desc";
  readonly offset: number;
  readonly limit: number;
}

export async function listTokens(
  database: Database,
  filter: TokenFilter,
  page: TokenPage,
): Promise<{ total: number; tokens: VisibleToken[] }> {
  const matching = matchingTokens(database, filter);
  const { total } = await matching
    .select((eb) => eb.fn.countAll<number>().as("total"))
    .executeTakeFirstOrThrow();
  if (page.limit === 0) return { total, tokens: [] };
  const tokens = await selectVisible(matching)
    .orderBy(page.order, (order) =>
      page.dir === "asc" ? order.asc().nullsFirst() : order.desc().nullsLast(),
    )
    .orderBy("id", page.dir)
    .offset(page.offset)
    .limit(page.limit)
    .execute();
  return { total, tokens };
}

function matchingTokens(database: Database, filter: TokenFilter) {
  const { userId, name, id, status, now } = filter;
  let query = database.lists.selectFrom("tokens").where("user_id", "=", userId);
  if (name !== undefined && name !== "") {
    query = query.where((eb) => database.containsText(eb.ref("name_key"), name));
  }
  if (id !== undefined && id !== "") query = query.where("id", "=", id);
  if (status !== "all") {
    for (const condition of conditionsOf(status, now)) query = query.where(...condition);
  }
  return query;
}

function selectVisible<O>(query: SelectQueryBuilder<Schema, "tokens", O>) {
  return query.select(visibleColumns).select(countScopes);
}

function countScopes(eb: ExpressionBuilder<Schema, "tokens">) {
  return eb
    .selectFrom("token_scopes")
    .whereRef("token_scopes.token_id", "=", "tokens.id")
    .select((inner) => inner.fn.countAll<number>().as("count"))
    .$asScalar()
    .$notNull()
    .as("scopes_count");
}

export async function findToken(
  handle: Pick<Trx, "selectFrom">,
  userId: string,
  tokenId: string,
): Promise<VisibleToken | undefined> {
  const query = handle.selectFrom("tokens").where("user_id", "=", userId).where("id", "=", tokenId);
  return selectVisible(query).executeTakeFirst();
}

export async function countTokens(trx: Trx, userId: string): Promise<number> {
  const { count } = await trx
    .selectFrom("tokens")
    .where("user_id", "=", userId)
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .executeTakeFirstOrThrow();
  return count;
}

export async function insertToken(trx: Trx, token: NewRow<"tokens">): Promise<void> {
  await trx.insertInto("tokens").values(token).execute();
}

export async function updateToken(
  trx: Trx,
  userId: string,
  tokenId: string,
  change: RowChange<"tokens">,
): Promise<void> {
  await trx
    .updateTable("tokens")
    .set(change)
    .where("user_id", "=", userId)
    .where("id", "=", tokenId)
    .execute();
}

/** The ids of the tokens that were deleted. */
export async function deleteTokens(
  trx: Trx,
  userId: string,
  tokenId?: string,
): Promise<readonly string[]> {
  let query = trx.deleteFrom("tokens").where("user_id", "=", userId);
  if (tokenId !== undefined) query = query.where("id", "=", tokenId);
  const deleted = await query.returning("id").execute();
  return deleted.map(({ id }) => id);
}

export async function readScopes(
  db: Pick<Trx, "selectFrom">,
  tokenId: string,
): Promise<readonly StoredScope[]> {
  const rows = await db
    .selectFrom("token_scopes")
    .where("token_id", "=", tokenId)
    .select(["id", "domain_id", "entity_type", "entity_id", "operation"])
    .execute();
  return rows.map((row) => ({
    id: row.id,
    domainId: row.domain_id,
    entityType: row.entity_type,
    entityId: row.entity_id,
    operation: row.operation,
  }));
}

const insertedAtOnce = 100;

export async function insertScopes(
  trx: Trx,
  tokenId: string,
  scopes: readonly Scope[],
  newId: () => string,
  now: number,
): Promise<void> {
  const rows = scopes.map((scope) => ({
    id: newId(),
    token_id: tokenId,
    domain_id: scope.domainId,
    entity_type: scope.entityType,
    entity_id: scope.entityId,
    operation: scope.operation,
    created_at: now,
  }));
  for (let start = 0; start < rows.length; start += insertedAtOnce) {
    const part = rows.slice(start, start + insertedAtOnce);
    await trx.insertInto("token_scopes").values(part).execute();
  }
}

/** How many scopes were removed. */
export async function deleteScopes(
  trx: Trx,
  tokenId: string,
  scopeIds?: readonly string[],
): Promise<number> {
  if (scopeIds?.length === 0) return 0;
  let query = trx.deleteFrom("token_scopes").where("token_id", "=", tokenId);
  if (scopeIds !== undefined) query = query.where("id", "in", [...scopeIds]);
  const { numDeletedRows } = await query.executeTakeFirst();
  return Number(numDeletedRows);
}

export type NamedScope = Row<"token_scopes"> & {
  readonly entity_name: string | null;
  readonly domain_name: string | null;
};

/** A page of scopes in the order they were added, with the names of what they are about. */
export async function listScopes(
  database: Database,
  tokenId: string,
  page: { readonly offset: number; readonly limit: number },
): Promise<{ total: number; scopes: NamedScope[] }> {
  const ofToken = database.lists.selectFrom("token_scopes as s").where("s.token_id", "=", tokenId);
  const { total } = await ofToken
    .select((eb) => eb.fn.countAll<number>().as("total"))
    .executeTakeFirstOrThrow();
  if (page.limit === 0) return { total, scopes: [] };
  const scopes = await ofToken
    .leftJoin("entities as e", (join) =>
      join
        .onRef("e.domain_id", "=", "s.domain_id")
        .onRef("e.type", "=", "s.entity_type")
        .onRef("e.id", "=", "s.entity_id"),
    )
    .leftJoin("domains as d", "d.id", "s.domain_id")
    .selectAll("s")
    .select(["e.name as entity_name", "d.name as domain_name"])
    .orderBy("s.created_at")
    .orderBy("s.entity_type")
    .orderBy("s.operation")
    .orderBy("s.id")
    .offset(page.offset)
    .limit(page.limit)
    .execute();
  return { total, scopes };
}

/** Uses by UTC day from `firstDay` on, of one token or of all tokens of the user. */
export async function readDailyUse(
  database: Database,
  userId: string,
  firstDay: string,
  tokenId?: string,
): Promise<ReadonlyMap<string, number>> {
  let query = database.lists
    .selectFrom("token_daily_use as u")
    .innerJoin("tokens as t", "t.id", "u.token_id")
    .where("t.user_id", "=", userId)
    .where("u.day", ">=", firstDay);
  if (tokenId !== undefined) query = query.where("t.id", "=", tokenId);
  const rows = await query
    .groupBy("u.day")
    .select((eb) => ["u.day", sum(eb.ref("u.uses")).as("uses")])
    .execute();
  return new Map(rows.map(({ day, uses }) => [day, Number(uses)]));
}

const sum = (uses: Expression<number>) => sql<number>`sum(${uses})`;
