import { timingSafeEqual } from "node:crypto";
import { formatToken, parseToken } from "@tessera/contract";
import type { Deps } from "../../../deps.ts";
import type { Job } from "../../../jobs/schedule.ts";
import type { Trx } from "../../../store/database.ts";
import type { LinkPurpose } from "../../../store/schema.ts";
import { findLink, insertLink, type LinkOwner, removeExpiredLinks } from "./link-store.ts";

type Reader = Parameters<typeof findLink>[0];

/** A link that is good now. */
export interface OpenLink {
  readonly token: string;
  readonly owner: LinkOwner;
  /** The administrator who made it; `null`: it was mailed. */
  readonly madeBy: string | null;
}

/** Links that prove an email address or let a password be chosen: for an hour, once, and for that purpose alone. */
export interface AccountLinks {
  /** Keeps one, for nobody where there is no such user; returns its token. */
  add(
    trx: Trx,
    link: {
      readonly id: string;
      readonly purpose: LinkPurpose;
      readonly owner: LinkOwner | undefined;
      /** An administrator, with whose right and password it ends; `null` where it is mailed. */
      readonly maker: Pick<LinkOwner, "id" | "password_hash"> | null;
    },
  ): Promise<string>;
  /** By its id, to be written into a mail. */
  findById(db: Reader, linkId: string, purpose: LinkPurpose): Promise<OpenLink | undefined>;
  /** By the token that somebody presents. */
  findByToken(db: Reader, token: string, purpose: LinkPurpose): Promise<OpenLink | undefined>;
}

export const linkLifetimeMilliseconds = 3_600_000;

const tokenPrefix = "link";
const clearEveryMilliseconds = 3_600_000;

/**
 * The token follows from the link's id under the server's key: a mail that is sent again has the same one, and neither
 * the database nor the outbox holds what would make it. Its digest binds it to the user's address and password, so that
 * it ends with any change of these, whoever makes it; one that an administrator made ends with that right and with any
 * change of the administrator's password, too.
 */
export function createAccountLinks({ keys, clock }: Pick<Deps, "keys" | "clock">): AccountLinks {
  const tokenOf = (linkId: string, keyVersion: string): string => {
    const secret = keys.digest("account-link-secret", linkId, keyVersion);
    return formatToken(tokenPrefix, linkId, Buffer.from(secret, "hex"));
  };
  const digestOf = (
    token: string,
    purpose: LinkPurpose,
    owner: LinkOwner | undefined,
    makerHash: string | null,
    keyVersion: string,
  ): string => {
    const { id = "", email = "", password_hash = "" } = owner ?? {};
    const ofMaker = makerHash === null ? [] : [makerHash];
    const text = [token, purpose, id, email, password_hash, ...ofMaker].join("\n");
    return keys.digest("account-link", text, keyVersion);
  };

  const findById: AccountLinks["findById"] = async (db, linkId, purpose) => {
    const link = await findLink(db, { linkId, purpose, now: clock() });
    if (link === undefined) return undefined;
    if (keys.standing(link.key_version) === "dropped") return undefined;
    const token = tokenOf(linkId, link.key_version);
    const { maker_hash, key_version } = link;
    const digest = digestOf(token, purpose, link, maker_hash, key_version);
    const isOfNow = isSame(link.digest, digest);
    return isOfNow ? { token, owner: link, madeBy: link.made_by } : undefined;
  };

  return {
    add: async (trx, { id, purpose, owner, maker }) => {
      const token = tokenOf(id, keys.version);
      await insertLink(trx, {
        id,
        user_id: owner?.id ?? null,
        purpose,
        digest: digestOf(token, purpose, owner, maker?.password_hash ?? null, keys.version),
        key_version: keys.version,
        expires_at: clock() + linkLifetimeMilliseconds,
        made_by: maker?.id ?? null,
      });
      return token;
    },
    findById,
    findByToken: async (db, token, purpose) => {
      const linkId = parseToken(tokenPrefix, token)?.tokenId;
      const found = linkId === undefined ? undefined : await findById(db, linkId, purpose);
      return found !== undefined && isSame(found.token, token) ? found : undefined;
    },
  };
}

/** Forgets links that have expired. */
export function clearLinksJob({ database, clock }: Pick<Deps, "database" | "clock">): Job {
  return {
    name: "clear_account_links",
    everyMilliseconds: clearEveryMilliseconds,
    run: async (signal) => {
      let removed = 0;
      for (let count = 1; count > 0 && !signal.aborted; removed += count) {
        count = await database.inTransaction((trx) => removeExpiredLinks(trx, clock()));
      }
      return `${removed} removed`;
    },
  };
}

function isSame(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}
