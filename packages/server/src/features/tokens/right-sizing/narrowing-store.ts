import { type QueryExecutorProvider, type SqlBool, sql } from "kysely";
import type { Database, Trx } from "../../../store/database.ts";
import { jsonRows } from "../../../store/json-rows.ts";
import type { Row } from "../../../store/schema.ts";

/** How a token was narrowed last. */
export interface Narrowing {
  /** Milliseconds since the epoch. */
  readonly appliedAt: number;
  readonly before: readonly Row<"token_scopes">[];
  readonly after: readonly Row<"token_scopes">[];
}

export async function findNarrowing(
  handle: Pick<Trx, "selectFrom">,
  tokenId: string,
): Promise<Narrowing | undefined> {
  const row = await handle
    .selectFrom("token_narrowings")
    .where("token_id", "=", tokenId)
    .selectAll()
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    appliedAt: row.applied_at,
    before: JSON.parse(row.scopes_before),
    after: JSON.parse(row.scopes_after),
  };
}

/** In place of the one before, which cannot be undone any more. */
export async function writeNarrowing(
  trx: Trx,
  tokenId: string,
  { appliedAt, before, after }: Narrowing,
): Promise<void> {
  const values = {
    applied_at: appliedAt,
    scopes_before: JSON.stringify(before),
    scopes_after: JSON.stringify(after),
  };
  await trx
    .insertInto("token_narrowings")
    .values({ token_id: tokenId, ...values })
    .onConflict((conflict) => conflict.column("token_id").doUpdateSet(values))
    .execute();
}

export async function deleteNarrowing(trx: Trx, tokenId: string): Promise<void> {
  await trx.deleteFrom("token_narrowings").where("token_id", "=", tokenId).execute();
}

export async function deleteNarrowingsBefore(database: Database, before: number): Promise<void> {
  await database.inTransaction(async (trx) => {
    await trx.deleteFrom("token_narrowings").where("applied_at", "<", before).execute();
  });
}

type ScopeRow = Pick<Row<"token_scopes">, "id" | "domain_id" | "entity_type" | "entity_id">;

/** The ids of those scopes whose object is not kept here. */
export async function findObjectless(
  handle: QueryExecutorProvider,
  database: Pick<Database, "dialect">,
  scopes: readonly ScopeRow[],
): Promise<ReadonlySet<string>> {
  if (scopes.length === 0) return new Set();
  const given = jsonRows(
    database,
    { scope_id: "text", domain_id: "text", entity_type: "text", entity_id: "text" },
    scopes.map(({ id, domain_id, entity_type, entity_id }) => [
      ...[id, domain_id, entity_type, entity_id],
    ]),
  );
  const isThere = sql<SqlBool>`exists (select 1 from entities as e
    where e.domain_id = v.domain_id and e.type = v.entity_type and e.id = v.entity_id)`;
  const { rows } = await sql<{ scope_id: string }>`
    select v.scope_id from ${given} as v where not ${isThere}
  `.execute(handle);
  return new Set(rows.map(({ scope_id }) => scope_id));
}
