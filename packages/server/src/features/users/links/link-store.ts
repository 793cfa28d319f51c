import type { Trx } from "../../../store/database.ts";
import type { LinkPurpose, NewRow, Row } from "../../../store/schema.ts";
import { uniqueKey } from "../../../store/search-key.ts";

type Reader = Pick<Trx, "selectFrom">;

/** Whom a link is for, with what it ends with. */
export type LinkOwner = Pick<
  Row<"users">,
  "id" | "username" | "email" | "first_name" | "password_hash" | "status" | "verified_at"
>;

export interface StoredLink extends LinkOwner {
  readonly link_id: string;
  readonly digest: string;
  readonly key_version: string;
  readonly made_by: string | null;
  readonly maker_hash: string | null;
}

const ownerColumns = [
  "u.id",
  "u.username",
  "u.email",
  "u.first_name",
  "u.password_hash",
  "u.status",
  "u.verified_at",
] as const;

const removedAtOnce = 1000;

/** An enabled user by the email address, in any case. */
export async function findOwnerByEmail(db: Reader, email: string): Promise<LinkOwner | undefined> {
  return db
    .selectFrom("users as u")
    .select(ownerColumns)
    .where("u.email_key", "=", uniqueKey(email))
    .where("u.status", "=", "enabled")
    .executeTakeFirst();
}

/** An enabled user. */
export async function findOwner(db: Reader, userId: string): Promise<LinkOwner | undefined> {
  return db
    .selectFrom("users as u")
    .select(ownerColumns)
    .where("u.id", "=", userId)
    .where("u.status", "=", "enabled")
    .executeTakeFirst();
}

export async function insertLink(trx: Trx, link: NewRow<"account_links">): Promise<void> {
  await trx.insertInto("account_links").values(link).execute();
}

/** A link that has not expired, of an enabled user; one that somebody made, while they are an enabled administrator. */
export async function findLink(
  db: Reader,
  { linkId, purpose, now }: { linkId: string; purpose: LinkPurpose; now: number },
): Promise<StoredLink | undefined> {
  return db
    .selectFrom("account_links as l")
    .innerJoin("users as u", "u.id", "l.user_id")
    .leftJoin("users as m", "m.id", "l.made_by")
    .select([...ownerColumns, "l.id as link_id", "l.digest", "l.key_version", "l.made_by"])
    .select("m.password_hash as maker_hash")
    .where("l.id", "=", linkId)
    .where("l.purpose", "=", purpose)
    .where("l.expires_at", ">", now)
    .where("u.status", "=", "enabled")
    .where(({ and, or, eb }) =>
      or([
        eb("l.made_by", "is", null),
        and([eb("m.status", "=", "enabled"), eb("m.role", "=", "admin")]),
      ]),
    )
    .executeTakeFirst();
}

/** Ends all of the user's links of that purpose. */
export async function removeLinks(trx: Trx, userId: string, purpose: LinkPurpose): Promise<void> {
  await trx
    .deleteFrom("account_links")
    .where("user_id", "=", userId)
    .where("purpose", "=", purpose)
    .execute();
}

/** Ends all of the user's links: none comes back with the address or the account that it was bound to. */
export async function removeAllLinks(trx: Trx, userId: string): Promise<void> {
  await trx.deleteFrom("account_links").where("user_id", "=", userId).execute();
}

/** Ends all links that somebody made for others: it does not come back with the right to make some. */
export async function removeLinksMadeBy(trx: Trx, userId: string): Promise<void> {
  await trx.deleteFrom("account_links").where("made_by", "=", userId).execute();
}

/** Removes some of the links that have expired; returns how many, 0 at the end. */
export async function removeExpiredLinks(trx: Trx, now: number): Promise<number> {
  const expired = trx
    .selectFrom("account_links")
    .select("id")
    .where("expires_at", "<=", now)
    .limit(removedAtOnce);
  const { numDeletedRows } = await trx
    .deleteFrom("account_links")
    .where("id", "in", expired)
    .executeTakeFirst();
  return Number(numDeletedRows);
}
