/** `wrong`: to be mended. `note`: works, and an operator may want to know. */
export type Level = "fine" | "note" | "wrong";

/** One thing that was looked at: a sentence, which says how to mend what is wrong and holds no secret. */
export interface Finding {
  readonly about: "settings" | "files" | "database" | "clock" | "mail" | "proxy";
  readonly level: Level;
  readonly text: string;
}

/** Of one subject. */
export function findingsOf(about: Finding["about"]) {
  const of =
    (level: Level) =>
    (text: string): Finding => ({ about, level, text });
  return { fine: of("fine"), note: of("note"), wrong: of("wrong") };
}
