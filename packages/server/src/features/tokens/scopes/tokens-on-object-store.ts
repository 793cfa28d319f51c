import { allEntities, type Target } from "@tessera/contract";
import { type RawBuilder, sql } from "kysely";
import type { Database } from "../../../store/database.ts";
import { conditionsOf } from "../lifecycle/token-state.ts";
import type { StoredScope } from "./scope-set.ts";

/** A token that works, with those of its scopes that name an object. */
export interface TokenOnObject {
  readonly id: string;
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  readonly scopes: readonly StoredScope[];
}

/** A page of the user's tokens that work and have scopes on the object or on all of its type, by their names. */
export async function listTokensOnObject(
  database: Pick<Database, "lists" | "inTime">,
  { userId, target, now }: { userId: string; target: Target; now: number },
  page: { readonly offset: number; readonly limit: number },
): Promise<{ total: number; tokens: readonly TokenOnObject[] }> {
  const db = database.lists;
  const matching = sql`
    from tokens t where t.user_id = ${userId} and ${isActive(now)}
      and ${database.inTime(sql.ref("t.id"))}
      and exists (select 1 from token_scopes s where s.token_id = t.id and ${isOn(target)})`;
  const counted = await sql<{ total: number }>`select count(*) as total ${matching}`.execute(db);
  const paged = await sql<{ id: string; name: string; expires_at: number }>`
    select t.id, t.name, t.expires_at ${matching} order by t.name_key, t.id
    limit ${page.limit} offset ${page.offset}`.execute(db);
  const scopes = await readScopesOn(
    db,
    target,
    paged.rows.map(({ id }) => id),
  );
  const scopesOf = Map.groupBy(scopes, ({ tokenId }) => tokenId);
  return {
    total: counted.rows[0]?.total ?? 0,
    tokens: paged.rows.map(({ id, name, expires_at }) => ({
      id,
      name,
      expiresAt: expires_at,
      scopes: scopesOf.get(id) ?? [],
    })),
  };
}

/** Owners of tokens who may do the same with an object. */
export interface OwnersAlike {
  readonly userIds: readonly string[];
  /** By their names, without the type. */
  readonly operations: readonly string[];
}

/** How many tokens that work each owner has with a scope for one of the operations on the object; without one: absent. */
export async function countTokensOnObject(
  database: Pick<Database, "lists" | "inTime">,
  target: Target,
  now: number,
  owners: readonly OwnersAlike[],
): Promise<ReadonlyMap<string, number>> {
  const able = owners.filter(({ userIds, operations }) => userIds.length * operations.length > 0);
  if (able.length === 0) return new Map();
  const counts = able.map(
    ({ userIds, operations }) => sql`
      select t.user_id, count(*) as count from tokens t
      where t.user_id in (${sql.join(userIds)}) and ${isActive(now)}
        and ${database.inTime(sql.ref("t.id"))}
        and exists (
          select 1 from token_scopes s
          where s.token_id = t.id and ${isOn(target)} and s.operation in (${sql.join(operations)})
        )
      group by t.user_id`,
  );
  const { rows } = await sql<{ user_id: string; count: number }>`
    ${sql.join(counts, sql` union all `)}`.execute(database.lists);
  return new Map(rows.map(({ user_id, count }) => [user_id, count]));
}

async function readScopesOn(
  db: Database["lists"],
  target: Target,
  tokenIds: readonly string[],
): Promise<readonly (StoredScope & { readonly tokenId: string })[]> {
  if (tokenIds.length === 0) return [];
  const rows = await db
    .selectFrom("token_scopes")
    .where("token_id", "in", tokenIds)
    .where("domain_id", "=", target.domainId)
    .where("entity_type", "=", target.entityType)
    .where("entity_id", "in", [target.entityId, allEntities])
    .select(["id", "token_id", "entity_id", "operation"])
    .execute();
  return rows.map(({ id, token_id, entity_id, operation }) => ({
    id,
    tokenId: token_id,
    domainId: target.domainId,
    entityType: target.entityType,
    entityId: entity_id,
    operation,
  }));
}

/** Of the scope `s`. */
function isOn({ domainId, entityType, entityId }: Target): RawBuilder<unknown> {
  return sql`s.domain_id = ${domainId} and s.entity_type = ${entityType}
    and s.entity_id in (${sql.join([entityId, allEntities])})`;
}

/** Of the token `t`: that it works. */
export function isActive(now: number): RawBuilder<unknown> {
  const conditions = conditionsOf("active", now).map(
    ([column, operator, operand]) =>
      sql`${sql.ref(`t.${column}`)} ${sql.raw(operator)} ${operand === null ? sql`null` : operand}`,
  );
  return sql.join(conditions, sql` and `);
}
