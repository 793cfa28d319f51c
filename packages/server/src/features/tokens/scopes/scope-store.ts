import type { Scope } from "@tessera/contract";
import type { Database, Trx } from "../../../store/database.ts";
import { insertRows } from "../../../store/insert-rows.ts";
import type { NewRow, Row } from "../../../store/schema.ts";
import type { StoredScope } from "./scope-set.ts";

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

/** The same with all that is kept of each. */
export async function readScopeRows(
  db: Pick<Trx, "selectFrom">,
  tokenId: string,
): Promise<readonly Row<"token_scopes">[]> {
  return db
    .selectFrom("token_scopes")
    .where("token_id", "=", tokenId)
    .selectAll()
    .orderBy("created_at")
    .orderBy("entity_type")
    .orderBy("operation")
    .orderBy("id")
    .execute();
}

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
  await insertScopeRows(trx, rows);
}

export async function insertScopeRows(
  trx: Trx,
  rows: readonly NewRow<"token_scopes">[],
): Promise<void> {
  await insertRows(trx, "token_scopes", rows);
}

/** Removes these scopes of the token, or all; returns those that there were. */
export async function deleteScopes(
  trx: Trx,
  tokenId: string,
  scopeIds?: readonly string[],
): Promise<readonly RemovedScope[]> {
  if (scopeIds?.length === 0) return [];
  let query = trx.deleteFrom("token_scopes").where("token_id", "=", tokenId);
  if (scopeIds !== undefined) query = query.where("id", "in", [...scopeIds]);
  return query.returning(["domain_id", "entity_type", "entity_id", "operation"]).execute();
}

type RemovedScope = Pick<
  Row<"token_scopes">,
  "domain_id" | "entity_type" | "entity_id" | "operation"
>;

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
