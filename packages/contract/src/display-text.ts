/** Cc: C0 with escape and line breaks, DEL, C1. Zl, Zp: line and paragraph separators. */
const control = /[\p{Cc}\p{Zl}\p{Zp}]/u;
/** Embeddings, overrides and their end: what they do reaches beyond the text that they stand in. */
const directionOverride = /[\u202a-\u202e]/u;
/** Isolates and their end; a closed one keeps to itself (Unicode Standard Annex 9, section 2.4). */
const isolates = /[\u2066-\u2069]/g;
const endOfIsolate = "\u2069";
/** What shows nothing by itself: spaces, ignorables with the Hangul fillers, format characters, marks, blank symbols. */
const invisible =
  /^[\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}\p{Mn}\p{Me}\u2800\u{1d159}]+$/u;
/** What acts on a terminal or hides in it; marks of direction too, which are welcome where text is not printed raw. */
const hidden = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Cs}]/gu;

/** Whether a text may have several lines; if so also tabs. */
export type DisplayForm = "one line" | "several lines";

/** The rule for text that people are shown, for descriptions of the API. Empty text is another question. */
export const displayRules: Readonly<Record<DisplayForm, string>> = {
  "one line":
    "Shown to people: something visible, without control characters, line breaks and direction overrides",
  "several lines":
    "Shown to people: something visible, with line breaks and tabs, but without other control characters and direction overrides",
};

/**
 * What breaks the rule for text that people are shown, as the end of a sentence about it. Letters of all scripts and
 * emoji with all that joins or modifies them keep it, and so does empty text.
 */
export function findDisplayProblem(text: string, form: DisplayForm): string | undefined {
  const lines = form === "several lines" ? text.split(/\r?\n/) : [text];
  const isPlain = lines.every(
    (line) => !control.test(form === "several lines" ? line.replaceAll("\t", "") : line),
  );
  if (!isPlain) {
    return form === "several lines"
      ? "must not contain control characters other than line breaks and tabs"
      : "must not contain control characters or line breaks";
  }
  if (directionOverride.test(text)) {
    return "must not contain direction embeddings or overrides (U+202A to U+202E)";
  }
  if (!lines.every(closesItsIsolates)) {
    return "must close every direction isolate (U+2066 to U+2068) with U+2069";
  }
  if (invisible.test(text)) return "must contain something visible";
  return undefined;
}

/** By lines, because the end of a line ends what is open (Unicode Standard Annex 9, rule X8). */
function closesItsIsolates(line: string): boolean {
  let open = 0;
  for (const [character] of line.matchAll(isolates)) {
    open += character === endOfIsolate ? -1 : 1;
    if (open < 0) return false;
  }
  return open === 0;
}

/**
 * The letters and digits of a name alone: the same for names that differ only in case, accents, spaces, punctuation and
 * what is not seen. Letters of other scripts that look alike stay what they are.
 */
export function lettersOf(name: string): string {
  return name
    .normalize("NFKD")
    .toLowerCase()
    .normalize("NFKD")
    .replaceAll(/[^\p{L}\p{N}]|\p{Default_Ignorable_Code_Point}/gu, "");
}

/** Others' text for a terminal: what would act on it, or hide in it, as JSON writes it (`\u202e`). */
export function revealHidden(text: string): string {
  return text.replaceAll(
    hidden,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
