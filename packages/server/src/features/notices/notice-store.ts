import type { ChosenNoticeKind } from "@tessera/contract";
import type { Trx } from "../../store/database.ts";
import { forEachChunk } from "../../store/row-chunks.ts";
import type { NewRow } from "../../store/schema.ts";

type Reader = Pick<Trx, "selectFrom">;

export type NoticeFilter = "unread" | "read" | "all";

/** So many at most are written or removed in one transaction. */
const changedAtOnce = 1000;
/** Of each kind a person keeps so many: what others can set in motion fills no disk, and takes away nothing of another kind. */
const keptOfKind = 500;
/** Of one kind by one sender: whoever sends a stranger very many takes nothing away of what others sent. */
const sentInADay = 20;
/** More than anybody has; what is counted is bounded whatever there is. */
const maximumCounted = 20_000;

/**
 * Notices of one person, newest first, with what they are about as it is now; `limit` 0 asks for the counts alone. Of
 * very many the newest {@link maximumCounted} are counted.
 */
export async function listNotices(
  db: Reader,
  { userId, status, now }: { userId: string; status: NoticeFilter; now: number },
  { offset, limit }: { offset: number; limit: number },
) {
  const own = db.selectFrom("notices as n").where("n.user_id", "=", userId);
  const newest = own
    .select("n.read_at")
    .orderBy("n.created_at", "desc")
    .orderBy("n.id", "desc")
    .limit(maximumCounted);
  const counted = await db
    .selectFrom(newest.as("n"))
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

/** Marks some of those that are unread; whether there may be more. */
export async function markSomeRead(trx: Trx, userId: string, at: number): Promise<boolean> {
  const unread = trx
    .selectFrom("notices")
    .select("id")
    .where("user_id", "=", userId)
    .where("read_at", "is", null)
    .limit(changedAtOnce);
  const { numUpdatedRows } = await trx
    .updateTable("notices")
    .set({ read_at: at })
    .where("id", "in", unread)
    .executeTakeFirst();
  return Number(numUpdatedRows) === changedAtOnce;
}

/**
 * Keeps those of which nobody was told yet, and of each kind the newest; returns the ids of those that are new. `sent`:
 * with what the causes begin, where one sender is told of so often in a day.
 */
export async function insertNotices(
  trx: Trx,
  notices: readonly NewRow<"notices">[],
  sent?: string,
): Promise<readonly string[]> {
  const ids: string[] = [];
  await forEachChunk(notices, async (chunk) => {
    for (const [kind, ofKind] of Map.groupBy(chunk, (notice) => notice.kind)) {
      const wanted = sent === undefined ? ofKind : await leaveOutFull(trx, kind, ofKind, sent);
      if (wanted.length === 0) continue;
      const kept = await trx
        .insertInto("notices")
        .values([...wanted])
        .onConflict((conflict) => conflict.columns(["user_id", "kind", "cause"]).doNothing())
        .returning(["id"])
        .execute();
      ids.push(...kept.map(({ id }) => id));
      for (const userId of await listPeopleWithMore(trx, kind, wanted, { than: keptOfKind })) {
        await removeOldest(trx, { userId, kind });
      }
    }
  });
  return ids;
}

async function leaveOutFull(
  trx: Trx,
  kind: string,
  notices: readonly NewRow<"notices">[],
  sent: string,
): Promise<readonly NewRow<"notices">[]> {
  const full = await listPeopleWithMore(trx, kind, notices, { than: sentInADay - 1, sent });
  return notices.filter((notice) => !full.has(notice.user_id));
}

/** Who of the people of these notices has more than so many of the kind; `sent`: of those whose cause begins with it. */
async function listPeopleWithMore(
  trx: Trx,
  kind: string,
  notices: readonly Pick<NewRow<"notices">, "user_id">[],
  { than, sent }: { readonly than: number; readonly sent?: string },
): Promise<ReadonlySet<string>> {
  const userIds = [...new Set(notices.map((notice) => notice.user_id))];
  const rows = await trx
    .selectFrom("notices")
    .select("user_id")
    .where("user_id", "in", userIds)
    .where("kind", "=", kind)
    // Ids and a day have no sign that would stand for others.
    .$if(sent !== undefined, (query) => query.where("cause", "like", `${sent} %`))
    .groupBy("user_id")
    .having(({ fn, eb }) => eb(fn.countAll<number>(), ">", than))
    .execute();
  return new Set(rows.map((row) => row.user_id));
}

/** Removes some beyond the newest. By the warning of an end that is to come it is known that it was given: it stays. */
async function removeOldest(
  trx: Trx,
  { userId, kind }: { readonly userId: string; readonly kind: string },
): Promise<void> {
  const old = trx
    .selectFrom("notices as n")
    .select("n.id")
    .where("n.user_id", "=", userId)
    .where("n.kind", "=", kind)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom("token_secrets as s")
            .select("s.id")
            .whereRef("s.token_id", "=", "n.token_id")
            .whereRef("s.id", "=", "n.secret_id")
            .whereRef("s.expires_at", "=", "n.ends_at"),
        ),
      ),
    )
    .orderBy("n.created_at", "desc")
    .orderBy("n.id", "desc")
    .offset(keptOfKind)
    .limit(changedAtOnce);
  await trx.deleteFrom("notices").where("id", "in", old).execute();
}

/** Forgets some that are older than that; returns how many, 0 at the end. */
export async function removeNoticesBefore(trx: Trx, before: number): Promise<number> {
  const old = trx
    .selectFrom("notices")
    .select("id")
    .where("created_at", "<", before)
    .limit(changedAtOnce);
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
