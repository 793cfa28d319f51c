import { sql } from "kysely";
import type { Database } from "../store/database.ts";

const quarterMilliseconds = 15 * 60_000;

/** What a token did with one object on one UTC day. */
export interface PastUse {
  readonly operation: string;
  readonly domainId: string;
  readonly entityId: string;
  readonly at: number;
  readonly allowed?: number;
  readonly refused?: number;
}

/** Writes what the recorder would have written of these uses, in the past. */
export async function recordUses(
  database: Database,
  tokenId: string,
  uses: readonly PastUse[],
): Promise<void> {
  await database.inTransaction(async (trx) => {
    for (const { operation, domainId, entityId, at, allowed = 0, refused = 0 } of uses) {
      const day = new Date(at).toISOString().slice(0, 10);
      await trx
        .insertInto("token_use")
        .values({
          ...{ token_id: tokenId, day, operation, domain_id: domainId, entity_id: entityId },
          entity_type: operation.split(".", 1)[0] ?? "",
          ...{ allowed, refused },
          last_allowed_at: allowed === 0 ? null : at,
          last_refused_at: refused === 0 ? null : at,
          refused_because: refused === 0 ? null : "scope_missing",
        })
        .execute();
      await sql`
        insert into token_daily_use (token_id, day, uses, refused, objects, timed)
        values (${tokenId}, ${day}, ${allowed}, ${refused}, 1, ${allowed + refused})
        on conflict (token_id, day) do update set
          uses = token_daily_use.uses + excluded.uses,
          refused = token_daily_use.refused + excluded.refused,
          objects = token_daily_use.objects + 1,
          timed = token_daily_use.timed + excluded.timed
      `.execute(trx);
      await sql`
        insert into token_quarter_use (token_id, starts_at, uses, refused)
        values (${tokenId}, ${at - (at % quarterMilliseconds)}, ${allowed}, ${refused})
        on conflict (token_id, starts_at) do update set
          uses = token_quarter_use.uses + excluded.uses,
          refused = token_quarter_use.refused + excluded.refused
      `.execute(trx);
    }
  });
}

/** Makes the token's scopes as old as if they had been added then. */
export async function ageScopes(database: Database, tokenId: string, at: number): Promise<void> {
  await database.inTransaction(async (trx) => {
    await sql`update token_scopes set created_at = ${at} where token_id = ${tokenId}`.execute(trx);
  });
}
