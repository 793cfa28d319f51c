import type { Database, Trx } from "../../../store/database.ts";
import type { NewRow, Row, RowChange, UserRole, UserStatus } from "../../../store/schema.ts";
import { removeLinksMadeBy } from "../links/link-store.ts";

type Reader = Pick<Trx, "selectFrom">;

/** A session as the check of its access token needs it, with its user's state. */
export interface SessionForCheck {
  readonly user_id: string;
  readonly ended_at: number | null;
  readonly confirmed_at: number;
  readonly user_status: UserStatus;
  readonly user_role: UserRole;
  readonly user_verified_at: number | null;
}

export function prepareSessionRead(
  database: Database,
): (sessionId: string) => Promise<SessionForCheck | undefined> | SessionForCheck | undefined {
  const read = database.preparedRead<SessionForCheck>(`
    select s.user_id, s.ended_at, s.confirmed_at, u.status as user_status, u.role as user_role,
      u.verified_at as user_verified_at
    from sessions s join users u on u.id = s.user_id
    where s.id = ?`);
  return (sessionId) => read([sessionId]);
}

/** The same inside a transaction. */
export async function findSessionForCheck(
  trx: Reader,
  sessionId: string,
): Promise<SessionForCheck | undefined> {
  return trx
    .selectFrom("sessions as s")
    .innerJoin("users as u", "u.id", "s.user_id")
    .select([
      "s.user_id",
      "s.ended_at",
      "s.confirmed_at",
      "u.status as user_status",
      "u.role as user_role",
      "u.verified_at as user_verified_at",
    ])
    .where("s.id", "=", sessionId)
    .executeTakeFirst();
}

export async function findSession(db: Reader, sessionId: string) {
  return db
    .selectFrom("sessions")
    .innerJoin("users", "users.id", "sessions.user_id")
    .selectAll("sessions")
    .select("users.status as user_status")
    .where("sessions.id", "=", sessionId)
    .executeTakeFirst();
}

/** The sessions that have neither ended nor expired, the newest first. */
export async function listLiveSessions(
  db: Reader,
  userId: string,
  now: number,
): Promise<Row<"sessions">[]> {
  return liveSessions(db, userId, now)
    .selectAll()
    .orderBy("created_at", "desc")
    .orderBy("id")
    .execute();
}

/** Where the user's sessions that are neither ended nor expired were used last. */
export async function listLiveAddresses(
  db: Reader,
  userId: string,
  now: number,
): Promise<readonly string[]> {
  const rows = await liveSessions(db, userId, now).select("address").distinct().execute();
  return rows.flatMap(({ address }) => address ?? []);
}

export async function insertSession(trx: Trx, session: NewRow<"sessions">): Promise<void> {
  await trx.insertInto("sessions").values(session).execute();
}

export async function updateSession(
  trx: Trx,
  sessionId: string,
  change: RowChange<"sessions">,
): Promise<void> {
  await trx.updateTable("sessions").set(change).where("id", "=", sessionId).execute();
}

/** Ends the session if it is the user's and has not ended; whether it did. */
export async function endSession(
  trx: Trx,
  { userId, sessionId, at }: { userId: string; sessionId: string; at: number },
): Promise<boolean> {
  const ended = await trx
    .updateTable("sessions")
    .set({ ended_at: at })
    .where("id", "=", sessionId)
    .where("user_id", "=", userId)
    .where("ended_at", "is", null)
    .executeTakeFirst();
  return ended.numUpdatedRows > 0n;
}

/**
 * Ends all of the user's sessions, but for one that is to be kept, and what whoever had one may have made to get in
 * without it: links by which others choose a new password, and the calendar feed.
 */
export async function endSessionsOfUser(
  trx: Trx,
  { userId, keep, at }: { userId: string; keep?: string; at: number },
): Promise<void> {
  let query = trx
    .updateTable("sessions")
    .set({ ended_at: at })
    .where("user_id", "=", userId)
    .where("ended_at", "is", null);
  if (keep !== undefined) query = query.where("id", "!=", keep);
  await query.execute();
  await removeLinksMadeBy(trx, userId);
  await trx.deleteFrom("calendar_feeds").where("user_id", "=", userId).execute();
}

/** Forgets the user's sessions that are over, and of the live ones all but the `kept` last used; returns their ids. */
export async function forgetOldSessions(
  trx: Trx,
  { userId, kept, now }: { userId: string; kept: number; now: number },
): Promise<readonly string[]> {
  const lastUsed = await liveSessions(trx, userId, now)
    .select("id")
    .orderBy((eb) => eb.fn.coalesce("last_used_at", "created_at"), "desc")
    .limit(kept)
    .execute();
  const keptIds = lastUsed.map(({ id }) => id);
  let query = trx.deleteFrom("sessions").where("user_id", "=", userId);
  if (keptIds.length > 0) query = query.where("id", "not in", keptIds);
  const forgotten = await query.returning("id").execute();
  return forgotten.map(({ id }) => id);
}

function liveSessions(db: Reader, userId: string, now: number) {
  return db
    .selectFrom("sessions")
    .where("user_id", "=", userId)
    .where("ended_at", "is", null)
    .where("expires_at", ">", now);
}
