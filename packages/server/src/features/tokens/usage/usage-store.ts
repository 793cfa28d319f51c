import { type Expression, sql } from "kysely";
import type { Database, Trx } from "../../../store/database.ts";

/** Uses of one token since the last time they were written down. */
export interface TokenUses {
  readonly tokenId: string;
  readonly lastUsedAt: number;
  readonly lastUsedAddress: string;
  /** By UTC day. */
  readonly byDay: ReadonlyMap<string, number>;
  readonly byScope: ReadonlyMap<string, { readonly uses: number; readonly lastUsedAt: number }>;
}

/** Adds the uses to what is written. Times only go forward; a token that is gone by now is passed over. */
export async function addTokenUses(trx: Trx, { tokenId, ...used }: TokenUses): Promise<void> {
  const uses = [...used.byDay.values()].reduce((total, count) => total + count, 0);
  const isLater = sql<boolean>`(last_used_at is null or last_used_at < ${used.lastUsedAt})`;
  await trx
    .updateTable("tokens")
    .set((eb) => ({
      use_count: eb("use_count", "+", uses),
      last_used_at: sql`case when ${isLater} then ${used.lastUsedAt} else last_used_at end`,
      last_used_address: sql`case when ${isLater} then ${used.lastUsedAddress} else last_used_address end`,
    }))
    .where("id", "=", tokenId)
    .execute();
  for (const [day, count] of used.byDay) {
    await trx
      .insertInto("token_daily_use")
      .columns(["token_id", "day", "uses"])
      .expression((eb) =>
        eb
          .selectFrom("tokens")
          .where("id", "=", tokenId)
          .select([
            "id",
            sql<string>`cast(${day} as text)`.as("day"),
            sql<number>`cast(${count} as integer)`.as("uses"),
          ]),
      )
      .onConflict((conflict) =>
        conflict.columns(["token_id", "day"]).doUpdateSet((eb) => ({
          uses: eb("token_daily_use.uses", "+", eb.ref("excluded.uses")),
        })),
      )
      .execute();
  }
  for (const [scopeId, { uses: count, lastUsedAt }] of used.byScope) {
    await trx
      .updateTable("token_scopes")
      .set((eb) => ({
        use_count: eb("use_count", "+", count),
        last_used_at: sql`case when last_used_at is null or last_used_at < ${lastUsedAt} then ${lastUsedAt} else last_used_at end`,
      }))
      .where("id", "=", scopeId)
      .where("token_id", "=", tokenId)
      .execute();
  }
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
