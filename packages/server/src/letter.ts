import { type EventName, type NoticeKind, revealHidden } from "@tessera/contract";
import type { RecordedEvent } from "./changes/recorded-event.ts";
import type { Mailbox } from "./mail-settings.ts";

/** What somebody is told, in plain words: a mail to one person, and a notice in the app where the letter says so. */
export interface Letter {
  readonly to: Mailbox;
  /** One line. */
  readonly subject: string;
  readonly paragraphs: readonly string[];
  /**
   * Whether it is left out where its reader got many of its kind today: what somebody can set in motion as often as they
   * like, be it for an address of their own choice.
   */
  readonly mayBeLeftOut: boolean;
  /** What its reader also finds in the app; absent: it is a mail and no more. */
  readonly notice?: NoticeOfLetter;
  /** By what the mail is known; the event when absent. */
  readonly mailId?: string;
}

/** A notice in the app. */
export interface NoticeOfLetter {
  readonly kind: NoticeKind;
  readonly userId: string;
  /** Nobody is told of the same cause twice; the event when absent. */
  readonly cause?: string;
  /** Who sent it and on which day, where anybody may send it to anybody: one sender is told of so often in a day. */
  readonly sent?: string;
  readonly tokenId?: string;
  readonly domainId?: string;
  readonly address?: string;
  readonly userAgent?: string;
}

/** As `sent` of a notice: by whom, on which UTC day. `at`: milliseconds since the epoch. */
export function sentBy(userId: string | null, at: number): string {
  return `${userId} ${new Date(at).toISOString().slice(0, 10)}`;
}

/** Writes what is to be said of an event as things are when it is sent; `undefined`: nothing, or nothing any more. */
export type WriteLetter = (event: RecordedEvent) => Promise<Letter | undefined>;

/** Who writes about which event. */
export type Letters = Readonly<Partial<Record<EventName, WriteLetter>>>;

/** What mails go by that somebody chose, and who hears of those that nobody took. */
export interface MailReaders {
  /** Whether the reader of such a notice wants no mail of it. */
  isDeclined(notice: NoticeOfLetter): Promise<boolean>;
  /** `mailId`: the same however often it is told. */
  tellFailed(notice: NoticeOfLetter, mailId: string): Promise<void>;
}

const maximumNameLength = 80;

/** A name that somebody chose, for a letter to somebody else: one short line of which no program makes a link. */
export function nameInLetter(name: string): string {
  const shown = revealHidden(name).replaceAll(/[.:/@](?=\S)/g, "$& ");
  const letters = [...shown];
  if (letters.length <= maximumNameLength) return shown;
  return `${letters.slice(0, maximumNameLength).join("")}…`;
}

/** The web app's page at that path, with the secret where no server sees it: behind the `#`. */
export function pageLink(publicUrl: string | undefined, path: string, token: string): string {
  return `${(publicUrl ?? "").replace(/\/+$/, "")}${path}#token=${token}`;
}
