import type { AliasableExpression } from "kysely";
import type { StoredKey } from "./keys.ts";
import type { Trx } from "./store/database.ts";
import type { RowChange } from "./store/schema.ts";

type Reader = Pick<Trx, "selectFrom">;

/** The keys under which something is stored, with what proves each; the oldest first. */
export async function listServerKeys(db: Reader): Promise<readonly StoredKey[]> {
  return db
    .selectFrom("server_keys")
    .select(["id", "fingerprint", "created_at", "wrapped", "wrapped_by", "dropped_at"])
    .orderBy("created_at")
    .orderBy("id")
    .execute();
}

export async function insertServerKey(trx: Trx, key: Omit<StoredKey, "dropped_at">): Promise<void> {
  await trx
    .insertInto("server_keys")
    .values({ ...key, purpose: "digest" })
    .execute();
}

export async function updateServerKey(
  trx: Trx,
  id: string,
  change: RowChange<"server_keys">,
): Promise<void> {
  await trx.updateTable("server_keys").set(change).where("id", "=", id).execute();
}

/** What is stored under one key, and works. */
export interface UnderKey {
  readonly sessions: number;
  /** That have no other secret which works. */
  readonly tokens: number;
  readonly calendarFeeds: number;
  /** By which a password is chosen or an address proven, within the hour. */
  readonly accountLinks: number;
  /** Nothing is proven by these; they keep two clients from having the same one. */
  readonly clientSecrets: number;
  /** Of the audit trail: they are verified also once the key is dropped. */
  readonly auditEntries: number;
}

/** `now`: milliseconds since the epoch. */
export async function countUnderKey(db: Reader, id: string, now: number): Promise<UnderKey> {
  const [sessions, tokens, feeds, links, clients, entries] = await Promise.all([
    sessionsUnder(db, id, now).select(counted).executeTakeFirst(),
    tokensUnder(db, id, now).select(counted).executeTakeFirst(),
    db
      .selectFrom("calendar_feeds")
      .where("key_version", "=", id)
      .select(counted)
      .executeTakeFirst(),
    db
      .selectFrom("account_links")
      .where("key_version", "=", id)
      .where("expires_at", ">", now)
      .select(counted)
      .executeTakeFirst(),
    db
      .selectFrom("client_details")
      .where("secret_key_version", "=", id)
      .select(counted)
      .executeTakeFirst(),
    db.selectFrom("audit_events").where("key_version", "=", id).select(counted).executeTakeFirst(),
  ]);
  return {
    sessions: Number(sessions?.count),
    tokens: Number(tokens?.count),
    calendarFeeds: Number(feeds?.count),
    accountLinks: Number(links?.count),
    clientSecrets: Number(clients?.count),
    auditEntries: Number(entries?.count),
  };
}

/** Some of the sessions and tokens of {@link countUnderKey}. */
export async function listUnderKey(
  trx: Trx,
  id: string,
  { now, limit }: { readonly now: number; readonly limit: number },
) {
  return {
    sessions: await sessionsUnder(trx, id, now).select(["id", "user_id"]).limit(limit).execute(),
    tokens: await tokensUnder(trx, id, now)
      .select(["id", "user_id", "revoked_at"])
      .limit(limit)
      .execute(),
  };
}

/** The feeds and links under the key. */
export async function removeUnderKey(trx: Trx, id: string): Promise<void> {
  await trx.deleteFrom("calendar_feeds").where("key_version", "=", id).execute();
  await trx.deleteFrom("account_links").where("key_version", "=", id).execute();
}

const counted = (eb: { readonly fn: { countAll: <T>() => AliasableExpression<T> } }) =>
  eb.fn.countAll<number>().as("count");

function sessionsUnder(db: Reader, id: string, now: number) {
  return db
    .selectFrom("sessions")
    .where("key_version", "=", id)
    .where("ended_at", "is", null)
    .where("expires_at", ">", now);
}

function tokensUnder(db: Reader, id: string, now: number) {
  return db
    .selectFrom("tokens as t")
    .where("t.revoked_at", "is", null)
    .where("t.expires_at", ">", now)
    .where(({ exists, not, selectFrom, and }) => {
      const working = selectFrom("token_secrets as s")
        .select("s.id")
        .whereRef("s.token_id", "=", "t.id")
        .where("s.slot", "is not", null);
      return and([
        exists(working.where("s.key_version", "=", id)),
        not(exists(working.where("s.key_version", "!=", id))),
      ]);
    });
}
