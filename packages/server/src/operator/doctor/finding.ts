import { revealHidden } from "@tessera/contract";
import { othersWords } from "../../others-words.ts";

/** `wrong`: to be mended. `note`: works, and an operator may want to know. */
export type Level = "fine" | "note" | "wrong";

/** One thing that was looked at: a sentence, which says how to mend what is wrong and holds no secret. */
export interface Finding {
  readonly about: "settings" | "files" | "database" | "clock" | "mail" | "proxy";
  readonly level: Level;
  readonly text: string;
}

/** Of one subject; each is one line, in which nothing acts on a terminal. */
export function findingsOf(about: Finding["about"]) {
  const of =
    (level: Level) =>
    (text: string): Finding => ({ about, level, text: revealHidden(text) });
  return { fine: of("fine"), note: of("note"), wrong: of("wrong") };
}

/** What is found of one subject; that it cannot be looked at is a finding, too, and keeps nobody from the rest. */
export async function examined(
  about: Finding["about"],
  examine: () => readonly Finding[] | Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  try {
    return await examine();
  } catch (error) {
    const said = othersWords(error instanceof Error ? error.message : String(error));
    return [findingsOf(about).wrong(`This could not be looked at (${said})`)];
  }
}
