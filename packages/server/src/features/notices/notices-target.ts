import { noticeKinds } from "@tessera/contract";
import type { OutboxTarget } from "../../changes/deliver.ts";
import type { RecordedEvent } from "../../changes/recorded-event.ts";
import type { Deps } from "../../deps.ts";
import type { Letters, MailReaders, NoticeOfLetter } from "../../letter.ts";
import type { NewRow } from "../../store/schema.ts";
import { insertNotices, listDeclined } from "./notice-store.ts";

/** People. */
const toldAtOnce = 50;

/** Puts what the letters say of events into the lists of those concerned, each once, whether or not mails are sent. */
export function noticesTarget(
  { database, newId }: Pick<Deps, "database" | "newId">,
  letters: Letters,
  lists: ReadonlyMap<string, (event: RecordedEvent) => readonly NoticeOfLetter[]>,
): OutboxTarget {
  const written = new Map(Object.entries(letters));
  return {
    name: "notices",
    isInOrder: false,
    wants: ({ name, isNoticed }) => isNoticed && (written.has(name) || lists.has(name)),
    tell: async (event) => {
      const { id: cause, at } = event;
      const notice = (await written.get(event.name)?.(event))?.notice;
      // The mail of it is known by the same id.
      const ofLetter = notice === undefined ? [] : [toRow(notice, { id: cause, cause, at })];
      const list = lists.get(event.name)?.(event) ?? [];
      const listed = list.map((one) => toRow(one, { id: newId(), cause, at }));
      const rows = [...ofLetter, ...listed];
      const sent = notice?.sent ?? list[0]?.sent;
      // In parts, between which others change things: what was told before is not told again.
      for (let start = 0; start < rows.length; start += toldAtOnce) {
        const part = rows.slice(start, start + toldAtOnce);
        await database.inTransaction((trx) => insertNotices(trx, part, sent));
      }
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
  { kind, userId, cause, sent, tokenId, domainId, address, userAgent }: NoticeOfLetter,
  event: { readonly id: string; readonly cause: string; readonly at: number },
): NewRow<"notices"> {
  return {
    id: event.id,
    user_id: userId,
    kind,
    cause: [sent, cause ?? event.cause].filter((part) => part !== undefined).join(" "),
    created_at: event.at,
    token_id: tokenId ?? null,
    domain_id: domainId ?? null,
    address: address ?? null,
    user_agent: userAgent === "" ? null : (userAgent ?? null),
  };
}
