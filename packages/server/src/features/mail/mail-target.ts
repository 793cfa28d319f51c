import type { OutboxTarget } from "../../changes/deliver.ts";
import type { Deps } from "../../deps.ts";
import { createRateLimit } from "../../http/rate-limit.ts";
import type { Letters, MailReaders } from "../../letter.ts";
import { uniqueKey } from "../../store/search-key.ts";
import { htmlOf, textOf } from "./mail-text.ts";
import type { SendMail } from "./smtp-sender.ts";

const day = 86_400_000;
/** Of each kind to each address: nobody fills a mailbox, or keeps mails of another kind from it. */
const mostOfKindADay = 20;
/** Three days, with pauses that double up to an hour. */
const maximumAttempts = 84;

/** What is mailed: the links that people wait for, and what they are told. */
export interface Mailed {
  readonly links: Letters;
  readonly news: Letters;
}

/**
 * Send what the letters say of events, each for itself: a mailbox that takes nothing keeps no other waiting, and links
 * have a line of their own, so that no news delay them. A mail may leave twice after a crash, with the same `Message-ID`.
 */
export function mailTargets(
  deps: Pick<Deps, "config" | "clock" | "log">,
  { links, news }: Mailed,
  send: SendMail,
  readers: MailReaders,
): readonly OutboxTarget[] {
  return [
    mailTarget(deps, { name: "mail_links", wanted: links, letters: links }, send, readers),
    // Links in this line are from before there was one for them.
    mailTarget(deps, { name: "mail", wanted: news, letters: { ...links, ...news } }, send, readers),
  ];
}

function mailTarget(
  { config, clock, log }: Pick<Deps, "config" | "clock" | "log">,
  { name, wanted, letters }: { name: string; wanted: Letters; letters: Letters },
  send: SendMail,
  readers: MailReaders,
): OutboxTarget {
  const sent = createRateLimit(
    { count: mostOfKindADay, perMilliseconds: day, burst: mostOfKindADay },
    clock,
  );
  const host = new URL(config.public_url ?? "http://localhost").hostname;
  const written = new Map(Object.entries(letters));
  return {
    name,
    isInOrder: false,
    maximumAttempts,
    wants: (type) => Object.hasOwn(wanted, type.name),
    tell: async (event, signal, attempt) => {
      const letter = await written.get(event.name)?.(event);
      if (letter === undefined) return;
      const { to, subject, paragraphs, mayBeLeftOut, notice, mailId = event.id } = letter;
      if (notice !== undefined && (await readers.isDeclined(notice))) return;
      // What is tried again was counted as it was tried first, whatever became of it.
      if (mayBeLeftOut && attempt === 1) {
        const key = `${notice?.kind ?? ""} ${uniqueKey(to.address)}`;
        if (sent.wait(key) > 0) {
          log.info({ event: event.id }, "A mail was not sent: its reader had many today");
          return;
        }
        sent.count(key);
      }
      const said = { paragraphs, publicUrl: config.public_url ?? "" };
      const messageId = `${mailId}@${host}`;
      const mail = { messageId, at: event.at, to, subject, text: textOf(said), html: htmlOf(said) };
      await send(mail, signal);
    },
    gaveUp: async (event) => {
      const letter = await written.get(event.name)?.(event);
      const { notice, mailId = event.id } = letter ?? {};
      if (notice === undefined || (await readers.isDeclined(notice))) return;
      await readers.tellFailed(notice, mailId);
    },
  };
}
