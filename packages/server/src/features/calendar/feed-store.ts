import type { Trx } from "../../store/database.ts";
import type { NewRow, Row } from "../../store/schema.ts";

type Reader = Pick<Trx, "selectFrom">;

/** More ends than that are in no calendar: who has so many looks at a list. */
const maximumEnds = 1000;

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

/** By what its address begins with, of an enabled user. */
export async function findFeed(db: Reader, id: string): Promise<Row<"calendar_feeds"> | undefined> {
  return db
    .selectFrom("calendar_feeds as f")
    .innerJoin("users as u", "u.id", "f.user_id")
    .selectAll("f")
    .where("f.id", "=", id)
    .where("u.status", "=", "enabled")
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

export async function noteRead(
  trx: Trx,
  id: string,
  change: Pick<Row<"calendar_feeds">, "last_read_at" | "digest" | "key_version">,
): Promise<void> {
  await trx.updateTable("calendar_feeds").set(change).where("id", "=", id).execute();
}

/** When the person's tokens end that work, or worked since then; the first ones first. */
export async function listEnds(db: Reader, userId: string, since: number) {
  return db
    .selectFrom("tokens as t")
    .innerJoin("token_secrets as s", (join) =>
      join.onRef("s.token_id", "=", "t.id").on("s.slot", "=", 1),
    )
    .select(["t.id as tokenId", "t.name", "s.id as secretId"])
    .select(["s.created_at as madeAt", "s.expires_at as endsAt"])
    .where("t.user_id", "=", userId)
    .where("t.revoked_at", "is", null)
    .where("s.expires_at", ">", since)
    .orderBy("s.expires_at")
    .orderBy("t.id")
    .limit(maximumEnds)
    .execute();
}

export type TokenEnd = Awaited<ReturnType<typeof listEnds>>[number];
