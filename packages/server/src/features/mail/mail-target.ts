import type { OutboxTarget } from "../../changes/deliver.ts";
import type { Deps } from "../../deps.ts";
import { createRateLimit } from "../../http/rate-limit.ts";
import type { Letters, MailReaders } from "../../letter.ts";
import { htmlOf, textOf } from "./mail-text.ts";
import type { SendMail } from "./smtp-sender.ts";

const day = 86_400_000;
/** What others set in motion: nobody fills a mailbox. */
const unaskedADay = 20;
/** Three days, with pauses that double up to an hour. */
const maximumAttempts = 84;

/**
 * Sends what the letters say of events, each for itself: a mailbox that takes nothing keeps no other waiting. A mail may
 * leave twice after a crash, with the same `Message-ID`.
 */
export function mailTarget(
  { config, clock, log }: Pick<Deps, "config" | "clock" | "log">,
  letters: Letters,
  send: SendMail,
  readers: MailReaders,
): OutboxTarget {
  const unasked = createRateLimit(
    { count: unaskedADay, perMilliseconds: day, burst: unaskedADay },
    clock,
  );
  const host = new URL(config.public_url ?? "http://localhost").hostname;
  const written = new Map(Object.entries(letters));
  return {
    name: "mail",
    isInOrder: false,
    maximumAttempts,
    wants: ({ name }) => written.has(name),
    tell: async (event, signal) => {
      const letter = await written.get(event.name)?.(event);
      if (letter === undefined) return;
      const { to, subject, paragraphs, mayBeLeftOut, notice, mailId = event.id } = letter;
      if (notice !== undefined && (await readers.isDeclined(notice))) return;
      if (mayBeLeftOut && unasked.wait(to.address) > 0) {
        log.info({ event: event.id }, "A mail was not sent: its reader had many today");
        return;
      }
      const said = { paragraphs, publicUrl: config.public_url ?? "" };
      const messageId = `${mailId}@${host}`;
      const mail = { messageId, at: event.at, to, subject, text: textOf(said), html: htmlOf(said) };
      await send(mail, signal);
      if (mayBeLeftOut) unasked.count(to.address);
    },
    gaveUp: async (event) => {
      const letter = await written.get(event.name)?.(event);
      const { notice, mailId = event.id } = letter ?? {};
      if (notice === undefined || (await readers.isDeclined(notice))) return;
      await readers.tellFailed(notice, mailId);
    },
  };
}
