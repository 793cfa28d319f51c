/** Cc, Zl, Zp: what acts instead of being seen, line breaks among it. */
const controls = /[\p{Cc}\p{Zl}\p{Zp}]/gu;
const controlsButLayout = /(?![\t\n\r])[\p{Cc}\p{Zl}\p{Zp}]/gu;
/** Embeddings, overrides and their end. */
const overrides = /[\u202a-\u202e]/g;
/** Isolates and their end. */
const isolates = /[\u2066-\u2069]/g;
const endOfIsolate = "\u2069";
/** The blocks whose characters run from right to left (DerivedBidiClass.txt), and the mark that does. */
const rightToLeft =
  /[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
const replacement = "\ufffd";

/**
 * Text that others wrote, as it may be shown: what is stored from before there was a rule for it can hold control
 * characters, overrides of direction and open isolates, each of which becomes a visible `�`.
 */
export function visibleText(text: string, form: "one line" | "several lines" = "one line"): string {
  const shown = text
    .replace(form === "one line" ? controls : controlsButLayout, replacement)
    .replace(overrides, replacement);
  return shown.split("\n").map(closedLine).join("\n");
}

/**
 * Text that others wrote, for the middle of a plain string, where no element can stand: what runs from right to left
 * is put between U+2068 and U+2069, so that it reorders nothing around it. Other text is left as it is, and labels
 * stay what people say to find them.
 */
export function isolated(text: string): string {
  const shown = visibleText(text);
  return rightToLeft.test(shown) ? `\u2068${shown}${endOfIsolate}` : shown;
}

/** The end of a line ends what is open in it (Unicode Standard Annex 9, rule X8). */
function closedLine(line: string): string {
  let open = 0;
  for (const [character] of line.matchAll(isolates)) {
    open += character === endOfIsolate ? -1 : 1;
    if (open < 0) break;
  }
  return open === 0 ? line : line.replace(isolates, replacement);
}
