import type { Trx } from "../../../store/database.ts";

type Reader = Pick<Trx, "selectFrom">;

/** Whom failures are counted for, and how many of them block further attempts. */
export interface FailureCounter {
  readonly key: string;
  readonly limit: number;
}

/** The time of the `limit`-th last failure after `since`: with it the counter's limit is reached. */
export async function findLimitingFailure(
  db: Reader,
  { key, limit }: FailureCounter,
  { after, before }: { readonly after: number; readonly before: number },
): Promise<number | undefined> {
  const failure = await db
    .selectFrom("sign_in_failures")
    .select("at")
    .where("key", "=", key)
    .where("at", ">", after)
    // What was counted before the clock was set back locks nobody out until it gets there again.
    .where("at", "<", before)
    .orderBy("at", "desc")
    .offset(limit - 1)
    .limit(1)
    .executeTakeFirst();
  return failure?.at;
}

/** Counts a failure, and forgets those that no longer matter. */
export async function recordFailure(
  trx: Trx,
  counters: readonly FailureCounter[],
  at: number,
  since: number,
): Promise<void> {
  await trx.deleteFrom("sign_in_failures").where("at", "<=", since).execute();
  await trx
    .insertInto("sign_in_failures")
    .values(counters.map(({ key }) => ({ key, at })))
    .execute();
}
