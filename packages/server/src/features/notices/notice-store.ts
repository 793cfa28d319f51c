import type { ChosenNoticeKind } from "@tessera/contract";
import type { Trx } from "../../store/database.ts";
import { forEachChunk } from "../../store/row-chunks.ts";
import type { NewRow } from "../../store/schema.ts";

type Reader = Pick<Trx, "selectFrom">;

export type NoticeFilter = "unread" | "read" | "all";

const removedAtOnce = 1000;

/** Notices of one person, newest first, with what they are about as it is now; `limit` 0 asks for the counts alone. */
export async function listNotices(
  db: Reader,
  { userId, status, now }: { userId: string; status: NoticeFilter; now: number },
  { offset, limit }: { offset: number; limit: number },
) {
  const own = db.selectFrom("notices as n").where("n.user_id", "=", userId);
  const counted = await own
    .select(({ fn }) => [fn.countAll<number>().as("all"), fn.count<number>("n.read_at").as("read")])
    .executeTakeFirstOrThrow();
  const unread = counted.all - counted.read;
  const total = { all: counted.all, read: counted.read, unread }[status];
  if (limit === 0) return { total, unread, notices: [] };
  const notices = await own
    .$if(status === "unread", (query) => query.where("n.read_at", "is", null))
    .$if(status === "read", (query) => query.where("n.read_at", "is not", null))
    .leftJoin("tokens as t", "t.id", "n.token_id")
    .leftJoin("token_secrets as s", (join) =>
      join
        .onRef("s.token_id", "=", "n.token_id")
        .onRef("s.id", "=", "n.secret_id")
        .onRef("s.expires_at", "=", "n.ends_at")
        .on("s.slot", "=", 1),
    )
    .leftJoin("token_secrets as o", (join) =>
      join
        .onRef("o.token_id", "=", "n.token_id")
        .on("o.slot", "=", 2)
        .on("o.state", "=", "pending")
        .on("o.dies_at", ">", now),
    )
    .leftJoin("invitations as i", (join) =>
      join
        .onRef("i.domain_id", "=", "n.domain_id")
        .onRef("i.invitee_user_id", "=", "n.user_id")
        .on("i.confirmed_at", "is", null)
        .on("i.rejected_at", "is", null),
    )
    .leftJoin("domains as d", (join) =>
      join
        .onRef("d.id", "=", "n.domain_id")
        .on("d.status", "=", "enabled")
        // Who is a member no more is not told by what name the domain goes since.
        .on(({ or, eb }) =>
          or([
            eb("i.domain_id", "is not", null),
            eb.and([
              eb("n.kind", "=", "domain_role_changed"),
              eb(eb.fn.coalesce("d.updated_at", "d.created_at"), "<=", eb.ref("n.created_at")),
            ]),
          ]),
        ),
    )
    .selectAll("n")
    .select(["t.name as token_name", "t.revoked_at", "t.expires_at"])
    .select(["t.last_used_at", "t.last_used_address"])
    .select(["s.id as ending_secret_id", "o.id as pending_secret_id", "d.name as domain_name"])
    .orderBy("n.created_at", "desc")
    .orderBy("n.id", "desc")
    .offset(offset)
    .limit(limit)
    .execute();
  return { total, unread, notices };
}

export type ShownNotice = Awaited<ReturnType<typeof listNotices>>["notices"][number];

/** Whether the person has such a notice; one that was read before stays as it is. */
export async function markRead(
  trx: Trx,
  { userId, noticeId, at }: { userId: string; noticeId: string; at: number },
): Promise<boolean> {
  const found = await trx
    .selectFrom("notices")
    .select("read_at")
    .where("user_id", "=", userId)
    .where("id", "=", noticeId)
    .executeTakeFirst();
  if (found?.read_at === null) {
    await trx
      .updateTable("notices")
      .set({ read_at: at })
      .where("user_id", "=", userId)
      .where("id", "=", noticeId)
      .execute();
  }
  return found !== undefined;
}

export async function markAllRead(trx: Trx, userId: string, at: number): Promise<void> {
  await trx
    .updateTable("notices")
    .set({ read_at: at })
    .where("user_id", "=", userId)
    .where("read_at", "is", null)
    .execute();
}

/** Keeps those of which nobody was told yet; returns their ids. */
export async function insertNotices(
  trx: Trx,
  notices: readonly NewRow<"notices">[],
): Promise<readonly string[]> {
  const ids: string[] = [];
  await forEachChunk(notices, async (chunk) => {
    const kept = await trx
      .insertInto("notices")
      .values([...chunk])
      .onConflict((conflict) => conflict.columns(["user_id", "kind", "cause"]).doNothing())
      .returning("id")
      .execute();
    ids.push(...kept.map(({ id }) => id));
  });
  return ids;
}

/** Forgets some that are older than that; returns how many, 0 at the end. */
export async function removeNoticesBefore(trx: Trx, before: number): Promise<number> {
  const old = trx
    .selectFrom("notices")
    .select("id")
    .where("created_at", "<", before)
    .limit(removedAtOnce);
  const { numDeletedRows } = await trx
    .deleteFrom("notices")
    .where("id", "in", old)
    .executeTakeFirst();
  return Number(numDeletedRows);
}

export async function findAddressee(db: Reader, userId: string) {
  return db
    .selectFrom("users")
    .select(["username", "first_name", "email", "status"])
    .where("id", "=", userId)
    .executeTakeFirst();
}

/** The kinds of which the person wants no mails. */
export async function listDeclined(db: Reader, userId: string): Promise<readonly string[]> {
  const rows = await db
    .selectFrom("declined_mails")
    .select("kind")
    .where("user_id", "=", userId)
    .execute();
  return rows.map(({ kind }) => kind);
}

export async function setDeclined(
  trx: Trx,
  userId: string,
  kind: ChosenNoticeKind,
  isDeclined: boolean,
): Promise<void> {
  if (isDeclined) {
    await trx
      .insertInto("declined_mails")
      .values({ user_id: userId, kind })
      .onConflict((conflict) => conflict.columns(["user_id", "kind"]).doNothing())
      .execute();
    return;
  }
  await trx
    .deleteFrom("declined_mails")
    .where("user_id", "=", userId)
    .where("kind", "=", kind)
    .execute();
}
