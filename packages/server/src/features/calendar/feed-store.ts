import type { Trx } from "../../store/database.ts";
import type { NewRow, Row } from "../../store/schema.ts";

type Reader = Pick<Trx, "selectFrom">;

export async function findFeedOf(
  db: Reader,
  userId: string,
): Promise<Row<"calendar_feeds"> | undefined> {
  return db
    .selectFrom("calendar_feeds")
    .selectAll()
    .where("user_id", "=", userId)
    .executeTakeFirst();
}

/** In place of the one that the person had. */
export async function replaceFeed(trx: Trx, feed: NewRow<"calendar_feeds">): Promise<void> {
  const { user_id: _, ...change } = feed;
  await trx
    .insertInto("calendar_feeds")
    .values(feed)
    .onConflict((conflict) => conflict.column("user_id").doUpdateSet(change))
    .execute();
}

/** Whether there was one. */
export async function removeFeed(trx: Trx, userId: string): Promise<boolean> {
  const { numDeletedRows } = await trx
    .deleteFrom("calendar_feeds")
    .where("user_id", "=", userId)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}
