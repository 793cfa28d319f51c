import { type ExpressionBuilder, type SelectQueryBuilder, sql } from "kysely";
import type { Database, Trx } from "../../../store/database.ts";
import type { NewRow, Row, RowChange, Schema } from "../../../store/schema.ts";
import type { MintedToken } from "./token-secret.ts";
import { conditionsOf, type TokenStatus } from "./token-state.ts";

/** What of the token's row leaves the store: never the digest. */
const visibleColumns = [
  "id",
  "user_id",
  "name",
  "description",
  "issued_at",
  "expires_at",
  "revoked_at",
  "is_restorable",
  "updated_at",
  "last_used_at",
  "last_used_address",
  "use_count",
  "refused_count",
  "last_refused_at",
  "last_refused_operation",
  "last_refused_domain_id",
  "last_refused_entity_id",
  "last_refused_because",
  "self_rotate",
  "renew_until",
  "on_retired_use",
  "lifetime",
  "conditions",
] as const;

export type VisibleToken = Pick<Row<"tokens">, (typeof visibleColumns)[number]> & {
  readonly scopes_count: number;
  /** `null`: none was ever counted. */
  readonly uses_reserved: number | null;
};

export interface TokenFilter {
  readonly userId: string;
  readonly name: string | undefined;
  readonly id: string | undefined;
  readonly status: TokenStatus | "all";
  /** Only those that end later than now and not later than that; milliseconds since the epoch. */
  readonly expiresBy: number | undefined;
  /** Only those that were neither used nor made since then. */
  readonly unusedSince: number | undefined;
  /** With a scope in this domain. */
  readonly domainId: string | undefined;
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
  const { userId, name, id, status, domainId, expiresBy, unusedSince, now } = filter;
  let query = database.lists.selectFrom("tokens").where("user_id", "=", userId);
  if (name !== undefined && name !== "") {
    query = query.where((eb) => database.containsText(eb.ref("name_key"), name));
  }
  if (id !== undefined && id !== "") query = query.where("id", "=", id);
  if (expiresBy !== undefined) {
    query = query.where("expires_at", ">", now).where("expires_at", "<=", expiresBy);
  }
  if (unusedSince !== undefined) {
    const shownAt = sql<number>`coalesce(last_used_at, issued_at)`;
    query = query.where(shownAt, "<=", unusedSince);
  }
  if (domainId !== undefined) {
    query = query.where(({ exists, selectFrom }) =>
      exists(
        selectFrom("token_scopes")
          .select("token_scopes.id")
          .whereRef("token_scopes.token_id", "=", "tokens.id")
          .where("token_scopes.domain_id", "=", domainId),
      ),
    );
  }
  if (status !== "all") {
    for (const condition of conditionsOf(status, now)) query = query.where(...condition);
  }
  return query;
}

function selectVisible<O>(query: SelectQueryBuilder<Schema, "tokens", O>) {
  return query.select(visibleColumns).select(countScopes).select(reservedUses);
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

function reservedUses(eb: ExpressionBuilder<Schema, "tokens">) {
  return eb
    .selectFrom("token_use_reserve")
    .whereRef("token_use_reserve.token_id", "=", "tokens.id")
    .select("token_use_reserve.reserved")
    .$asScalar()
    .as("uses_reserved");
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

/** A new token with its first secret. */
export async function insertToken(
  trx: Trx,
  token: NewRow<"tokens">,
  secret: Omit<MintedToken, "text"> & { readonly id: string },
): Promise<void> {
  await trx.insertInto("tokens").values(token).execute();
  await trx.insertInto("token_rights").values({ token_id: token.id }).execute();
  await trx
    .insertInto("token_secrets")
    .values({
      token_id: token.id,
      id: secret.id,
      digest: secret.digest,
      key_version: secret.keyVersion,
      ending: secret.ending,
      state: "live",
      slot: 1,
      created_at: token.issued_at,
      expires_at: token.expires_at,
    })
    .execute();
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

/** Revokes the token so that its owner cannot restore it; returns since when it is revoked. */
export async function revokeForGood(
  trx: Trx,
  { id, user_id, revoked_at }: Pick<Row<"tokens">, "id" | "user_id" | "revoked_at">,
  now: number,
): Promise<number> {
  const revokedAt = revoked_at ?? now;
  const change = { revoked_at: revokedAt, is_restorable: 0, updated_at: now } as const;
  await updateToken(trx, user_id, id, change);
  return revokedAt;
}

/** Revokes the user's tokens that work at that time, so that they can be restored; their ids. */
export async function suspendTokens(
  trx: Trx,
  userId: string,
  at: number,
): Promise<readonly string[]> {
  const suspended = await trx
    .updateTable("tokens")
    .set({ revoked_at: at, is_restorable: 1, updated_at: at })
    .where("user_id", "=", userId)
    .where("revoked_at", "is", null)
    .where("expires_at", ">", at)
    .returning("id")
    .execute();
  return suspended.map(({ id }) => id);
}

/** Ends all of the user's tokens for good; the ids of those that were not revoked before. */
export async function revokeTokens(
  trx: Trx,
  userId: string,
  at: number,
): Promise<readonly string[]> {
  const ofUser = trx.updateTable("tokens").where("user_id", "=", userId);
  await ofUser.set({ is_restorable: 0 }).where("is_restorable", "=", 1).execute();
  const revoked = await ofUser
    .set({ revoked_at: at, updated_at: at })
    .where("revoked_at", "is", null)
    .returning("id")
    .execute();
  return revoked.map(({ id }) => id);
}

export interface TokenSize {
  readonly id: string;
  /** Of scopes and uses. */
  readonly rows: number;
}

/** How many rows go along with each of the user's tokens, or with that one. */
export async function sizeTokens(
  trx: Trx,
  userId: string,
  { now, tokenId }: { readonly now: number; readonly tokenId?: string },
): Promise<readonly TokenSize[]> {
  let query = trx.selectFrom("tokens").where("user_id", "=", userId);
  if (tokenId !== undefined) query = query.where("id", "=", tokenId);
  const tokens = await query.select("id").select(countScopes).select(countUses(now)).execute();
  return tokens.map(({ id, scopes_count, uses }) => ({ id, rows: scopes_count + Number(uses) }));
}

const dayMilliseconds = 86_400_000;
/** As many days as have their quarters of an hour, and some until the rest is removed. */
const daysWithQuarters = 40;

/** By what each day says of itself: a token may have 80,000. */
function countUses(now: number) {
  const since = new Date(now - daysWithQuarters * dayMilliseconds).toISOString().slice(0, 10);
  const quarters = sql`case when d.day < ${since} then 0 when d.timed > 96 then 96 else d.timed end`;
  return (eb: ExpressionBuilder<Schema, "tokens">) =>
    eb
      .selectFrom("token_daily_use as d")
      .whereRef("d.token_id", "=", "tokens.id")
      .select(sql<number>`coalesce(sum(d.objects + 1 + ${quarters}), 0)`.as("count"))
      .$asScalar()
      .$notNull()
      .as("uses");
}

/** The ids of those of the user's tokens that were deleted. */
export async function deleteTokens(
  trx: Trx,
  userId: string,
  tokenIds: readonly string[],
): Promise<readonly string[]> {
  if (tokenIds.length === 0) return [];
  const deleted = await trx
    .deleteFrom("tokens")
    .where("user_id", "=", userId)
    .where("id", "in", tokenIds)
    .returning("id")
    .execute();
  return deleted.map(({ id }) => id);
}
