import type { Database, Trx } from "../../../store/database.ts";

/** So many may be reserved for one server at once. */
const largestBlock = 100;
/** A server that is idle keeps no more than this part of what is left. */
const blocksOfRest = 20;

/**
 * Takes uses of a token out of those that are left, for this server to give: how many, 0 where none is left, and
 * `undefined` where somebody else came first: ask again.
 * However many servers ask, they are never given more than the maximum together. A token without a maximum, as where
 * it was taken away a moment ago, gives one that is not counted.
 */
export async function reserveUses(
  database: Pick<Database, "inTransaction">,
  tokenId: string,
): Promise<number | undefined> {
  return database.inTransaction(async (trx) => {
    const row = await trx
      .selectFrom("token_use_reserve")
      .where("token_id", "=", tokenId)
      .select(["maximum", "reserved"])
      .executeTakeFirst();
    if (row === undefined) return 0;
    if (row.maximum === null) return 1;
    const block = blockOf(row.maximum - row.reserved);
    if (block === 0) return 0;
    const { numUpdatedRows } = await trx
      .updateTable("token_use_reserve")
      .set((eb) => ({ reserved: eb("reserved", "+", block) }))
      .where("token_id", "=", tokenId)
      .where((eb) => eb(eb("reserved", "+", block), "<=", eb.ref("maximum")))
      .executeTakeFirst();
    return numUpdatedRows === 1n ? block : undefined;
  });
}

/** One by one towards the end, so that none is left over with a server that needs it no more. */
function blockOf(left: number): number {
  if (left <= 0) return 0;
  return left <= largestBlock ? 1 : Math.min(largestBlock, Math.floor(left / blocksOfRest));
}

/** Sets how often the token may be used in all; `null`: as often as one likes. What was used before stays counted. */
export async function writeMaximum(
  trx: Trx,
  tokenId: string,
  maximum: number | null,
): Promise<void> {
  await trx
    .insertInto("token_use_reserve")
    .values({ token_id: tokenId, maximum })
    .onConflict((conflict) => conflict.column("token_id").doUpdateSet({ maximum }))
    .execute();
}
