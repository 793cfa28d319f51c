import { type EventName, revealHidden } from "@tessera/contract";
import type { RecordedEvent } from "./changes/recorded-event.ts";
import type { Mailbox } from "./mail-settings.ts";

/** A mail to one person, in plain words. */
export interface Letter {
  readonly to: Mailbox;
  /** One line. */
  readonly subject: string;
  readonly paragraphs: readonly string[];
  /** Whether it is left out where its reader got many such today: what others can set in motion as often as they like. */
  readonly mayBeLeftOut: boolean;
}

/** Writes what is to be said of an event as things are when it is sent; `undefined`: nothing, or nothing any more. */
export type WriteLetter = (event: RecordedEvent) => Promise<Letter | undefined>;

/** Who writes about which event. */
export type Letters = Readonly<Partial<Record<EventName, WriteLetter>>>;

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
