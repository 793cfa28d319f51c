import { sql } from "kysely";
import type { Database, Trx } from "../../../store/database.ts";
import { jsonRows } from "../../../store/json-rows.ts";
import { ofTokens, type TokenChoice } from "./token-choice-store.ts";
import type { UsageSlice } from "./usage-store.ts";

/** What was counted from one time until another; times are milliseconds since the epoch. */
export interface Stretch {
  readonly from: number;
  /** Not in it. */
  readonly to: number;
}

export interface StretchUse {
  readonly allowed: number;
  readonly refused: number;
}

export async function addToQuarters(
  trx: Trx,
  database: Database,
  { quarterAt, tokens }: UsageSlice,
): Promise<void> {
  const used = tokens.filter(({ uses, refused }) => uses + refused > 0);
  if (used.length === 0) return;
  const given = jsonRows(
    database,
    { token_id: "text", uses: "bigint", refused: "bigint" },
    used.map(({ tokenId, uses, refused }) => [tokenId, uses, refused]),
  );
  await sql`
    insert into token_quarter_use (token_id, starts_at, uses, refused)
    select t.id, cast(${quarterAt} as bigint), v.uses, v.refused
    from ${given} as v join tokens as t on t.id = v.token_id where true
    on conflict (token_id, starts_at) do update set
      uses = token_quarter_use.uses + excluded.uses,
      refused = token_quarter_use.refused + excluded.refused
  `.execute(trx);
}

/** What the user's tokens did in each of these stretches, in their order; each begins and ends with a quarter. */
export async function readStretches(
  database: Database,
  userId: string,
  stretches: readonly Stretch[],
  of: TokenChoice,
): Promise<readonly StretchUse[]> {
  if (stretches.length === 0) return [];
  const given = jsonRows(
    database,
    { position: "bigint", from_at: "bigint", to_at: "bigint" },
    stretches.map(({ from, to }, position) => [position, from, to]),
  );
  const rows = await database.lists
    .selectFrom("tokens as t")
    .innerJoin(
      given.$castTo<{ position: number; from_at: number; to_at: number }>().as("v"),
      (join) => join.onTrue(),
    )
    .innerJoin("token_quarter_use as q", (join) =>
      join
        .onRef("q.token_id", "=", "t.id")
        .onRef("q.starts_at", ">=", "v.from_at")
        .onRef("q.starts_at", "<", "v.to_at"),
    )
    .where(ofTokens(userId, of))
    .where((eb) => database.inTime(eb.ref("q.token_id")))
    .groupBy("v.position")
    .select((eb) => ["v.position", eb.fn.sum<number>("q.uses").as("allowed")])
    .select((eb) => eb.fn.sum<number>("q.refused").as("refused"))
    .execute();
  const byPosition = new Map(rows.map((row) => [Number(row.position), row]));
  return stretches.map((_, position) => {
    const found = byPosition.get(position);
    return { allowed: Number(found?.allowed ?? 0), refused: Number(found?.refused ?? 0) };
  });
}

/** Some tokens at a time: of each a day falls out of what is kept. */
const tokensAtOnce = 20;

/**
 * Removes the quarters of some tokens that are older; goes on behind the token with that id, and returns the last one
 * that was looked at: `undefined` where there are no more.
 */
export async function deleteQuartersBefore(
  database: Database,
  before: number,
  behind: string,
): Promise<string | undefined> {
  const tokens = await database.read
    .selectFrom("tokens")
    .where("id", ">", behind)
    .select("id")
    .orderBy("id")
    .limit(tokensAtOnce)
    .execute();
  const ids = tokens.map(({ id }) => id);
  if (ids.length === 0) return undefined;
  const old = await database.read
    .selectFrom("token_quarter_use")
    .where("token_id", "in", ids)
    .where("starts_at", "<", before)
    .select("token_id")
    .limit(1)
    .execute();
  if (old.length > 0) {
    await database.inTransaction(async (trx) => {
      await trx
        .deleteFrom("token_quarter_use")
        .where("token_id", "in", ids)
        .where("starts_at", "<", before)
        .execute();
    });
  }
  return ids.at(-1);
}
