import { noticeKinds } from "@tessera/contract";
import type { OutboxTarget } from "../../changes/deliver.ts";
import type { Deps } from "../../deps.ts";
import type { Letters, MailReaders, NoticeOfLetter } from "../../letter.ts";
import type { NewRow } from "../../store/schema.ts";
import { insertNotices, listDeclined } from "./notice-store.ts";

/** Puts what the letters say of events into the lists of those concerned, each once, whether or not mails are sent. */
export function noticesTarget(
  { database }: Pick<Deps, "database">,
  letters: Letters,
): OutboxTarget {
  const written = new Map(Object.entries(letters));
  return {
    name: "notices",
    isInOrder: false,
    wants: ({ name, isNoticed }) => isNoticed && written.has(name),
    tell: async (event) => {
      const notice = (await written.get(event.name)?.(event))?.notice;
      if (notice === undefined) return;
      const row = toRow(notice, { id: event.id, cause: event.id, at: event.at });
      await database.inTransaction((trx) => insertNotices(trx, [row]));
    },
  };
}

/** Who wants which mails; whom nobody could send one finds a notice instead. */
export function mailReaders({
  database,
  clock,
  newId,
}: Pick<Deps, "database" | "clock" | "newId">): MailReaders {
  return {
    isDeclined: async ({ kind, userId }) => {
      if (noticeKinds[kind].mail !== "choice") return false;
      return (await listDeclined(database.read, userId)).includes(kind);
    },
    tellFailed: async ({ kind, userId, tokenId }, mailId) => {
      const failure: NoticeOfLetter = {
        kind: "mail_failed",
        userId,
        ...(tokenId === undefined ? {} : { tokenId }),
      };
      const row = toRow(failure, { id: newId(), cause: mailId, at: clock() });
      await database.inTransaction((trx) => insertNotices(trx, [{ ...row, failed_kind: kind }]));
    },
  };
}

function toRow(
  { kind, userId, cause, tokenId, domainId, address, userAgent }: NoticeOfLetter,
  event: { readonly id: string; readonly cause: string; readonly at: number },
): NewRow<"notices"> {
  return {
    id: event.id,
    user_id: userId,
    kind,
    cause: cause ?? event.cause,
    created_at: event.at,
    token_id: tokenId ?? null,
    domain_id: domainId ?? null,
    address: address ?? null,
    user_agent: userAgent === "" ? null : (userAgent ?? null),
  };
}
