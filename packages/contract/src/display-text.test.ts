import { describe, expect, test } from "vitest";
import {
  type DisplayForm,
  displayRules,
  findDisplayProblem,
  revealHidden,
} from "./display-text.ts";
import { displayText, requiredDisplayText } from "./wire.ts";

const forms: readonly DisplayForm[] = ["one line", "several lines"];
const controls = "must not contain control characters or line breaks";
const otherControls = "must not contain control characters other than line breaks and tabs";
const overrides = "must not contain direction embeddings or overrides (U+202A to U+202E)";
const openIsolates = "must close every direction isolate (U+2066 to U+2068) with U+2069";
const nothing = "must contain something visible";

const accepted: Readonly<Record<string, string>> = {
  empty: "",
  Latin: "Ada Byron-O'Neil",
  "Latin with accents in two code points": "Zoe\u0308 Ame\u0301lie",
  Vietnamese: "Nguyễn Thị Ánh",
  Greek: "Ελένη",
  Cyrillic: "Мария",
  Armenian: "Անահիտ",
  Georgian: "ნინო",
  Hebrew: "נעמי",
  "Hebrew with points": "נָעֳמִי",
  Arabic: "فاطمة",
  "Persian with a zero-width non-joiner": "می\u200cخواهم",
  Syriac: "ܡܪܝܡ",
  Hindi: "क्षत्रिय",
  "Sinhala with a zero-width joiner": "ශ්\u200dරී",
  Bengali: "অনন্যা",
  Tamil: "அனிதா",
  Malayalam: "മലയാളം",
  Thai: "สมหญิง",
  Khmer: "សុភា",
  Burmese: "သန္တာ",
  Tibetan: "བསྟན་འཛིན",
  Amharic: "ሰላም",
  Cherokee: "ᏣᎳᎩ",
  "traditional Mongolian with a variation selector": "ᠮᠣᠩᠭᠣᠯ\u180b",
  Chinese: "王小明",
  "Chinese of four bytes": "𠮷野",
  "Japanese with an ideographic variation": "葛\u{e0100}城",
  "Japanese with an ideographic space": "山田　花子",
  Korean: "김민지",
  "old Korean with fillers beside letters": "\u1102\u1161\u115f\u1161",
  Adlam: "𞤀𞤣𞤤𞤢𞤥",
  Deseret: "𐐔𐐯𐑅𐐨𐑉𐐯𐐻",
  "braille with dots": "⠁⠃\u2800⠉",
  emoji: "🔧 Pump",
  "an emoji as text": "☎\ufe0e",
  "a family": "👩‍👩‍👧‍👦",
  "skin tones": "👍🏽",
  "a keycap": "1\ufe0f\u20e3",
  "a flag": "🇨🇭",
  "a flag of a region": "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
  "marks of direction": "\u200fנעמי\u200e (Ada) \u061cفاطمة",
  "a closed isolate": "Ada \u2067נעמי\u2069 Byron",
  "closed isolates in each other": "\u2066a \u2068b\u2069 \u2067c\u2069\u2069",
  "spaces around and inside": "  Pump   7\u00a0 ",
  "a soft hyphen": "Pump\u00adstation",
  "what markup would mind": "<b>&amp; \\u202e $x %s",
  "a letter that is not assigned yet": "\u{3fffd}",
};

const refused: readonly (readonly [string, string, string, string])[] = [
  ["NUL", "a\u0000b", controls, otherControls],
  ["bell", "a\u0007", controls, otherControls],
  ["backspace", "admin\b\b", controls, otherControls],
  ["vertical tab", "a\vb", controls, otherControls],
  ["a carriage return alone", "Platform\rAda", controls, otherControls],
  ["an escape sequence", "\u001b[31mred\u001b[0m", controls, otherControls],
  ["a title for the terminal", "\u001b]0;owned\u0007", controls, otherControls],
  ["delete", "a\u007f", controls, otherControls],
  ["a C1 sequence", "a\u009b31m", controls, otherControls],
  ["next line", "a\u0085b", controls, otherControls],
  ["line separator", "a\u2028b", controls, otherControls],
  ["paragraph separator", "a\u2029b", controls, otherControls],
  ["embedding to the right", "a\u202ab\u202c", overrides, overrides],
  ["embedding to the left", "a\u202bb\u202c", overrides, overrides],
  ["the end of an embedding", "a\u202cb", overrides, overrides],
  ["override to the right", "a\u202db", overrides, overrides],
  ["override to the left", "gpj.\u202etxt", overrides, overrides],
  ["an isolate that is open", "Ada \u2067Byron", openIsolates, openIsolates],
  ["an isolate opened twice, closed once", "\u2066\u2067a\u2069", openIsolates, openIsolates],
  ["an end of no isolate", "a\u2069b", openIsolates, openIsolates],
  ["an isolate closed before it opens", "a\u2069\u2066b", openIsolates, openIsolates],
  ["a space", " ", nothing, nothing],
  ["spaces of all kinds", "\u00a0\u1680\u2003\u202f\u205f\u3000", nothing, nothing],
  ["zero-width spaces", "\u200b\ufeff", nothing, nothing],
  ["joiners", "\u200d\u200c", nothing, nothing],
  ["marks of direction", "\u200e\u200f\u061c", nothing, nothing],
  ["a closed isolate around nothing", "\u2066 \u2069", nothing, nothing],
  ["soft hyphens", "\u00ad", nothing, nothing],
  ["Hangul fillers", "\u115f\u1160\u3164\uffa0", nothing, nothing],
  ["a blank of braille", "\u2800\u2800", nothing, nothing],
  ["variation selectors", "\ufe0f\u{e0100}", nothing, nothing],
  ["tags without a flag", "\u{e0061}\u{e007f}", nothing, nothing],
  ["Khmer vowels that are not seen", "\u17b4\u17b5", nothing, nothing],
  ["a joiner of graphemes", "\u034f", nothing, nothing],
  ["marks without a letter", "\u0301\u20dd", nothing, nothing],
  ["annotation marks", "\ufff9\ufffa\ufffb", nothing, nothing],
  ["a note without a head", "\u{1d159}", nothing, nothing],
  ["operators that are not seen", "\u2061\u2062\u2063\u2064", nothing, nothing],
];

describe("text that people are shown", () => {
  test.each(Object.entries(accepted))("may be %s", (_, text) => {
    for (const form of forms) expect(findDisplayProblem(text, form)).toBeUndefined();
  });

  test.each(refused)("may not have, or be, %s", (_, text, inOneLine, inSeveralLines) => {
    expect(findDisplayProblem(text, "one line")).toBe(inOneLine);
    expect(findDisplayProblem(text, "several lines")).toBe(inSeveralLines);
  });

  test.each(["a\nb", "a\r\nb", "a\tb", "\n a \t"])("has lines only where it may: %j", (text) => {
    expect(findDisplayProblem(text, "one line")).toBe(controls);
    expect(findDisplayProblem(text, "several lines")).toBeUndefined();
  });

  test("must be seen and close its isolates in several lines, too", () => {
    expect(findDisplayProblem("\n\t\r\n", "several lines")).toBe(nothing);
    expect(findDisplayProblem("\u2067a\nb\u2069", "several lines")).toBe(openIsolates);
    expect(findDisplayProblem("a\n\u001b[2J", "several lines")).toBe(otherControls);
  });

  test("is described by its rule, and is empty only where it may be", () => {
    expect(displayText(5).parse("")).toBe("");
    expect(displayText(5).description).toContain(displayRules["one line"]);
    expect(displayText(5, "several lines").description).toContain(displayRules["several lines"]);
    expect(requiredDisplayText(5).description).toBe(displayRules["one line"]);
    expect(requiredDisplayText(5).safeParse("").error?.issues[0]?.message).toBe(
      "must not be empty",
    );
    expect(requiredDisplayText(5).safeParse("123456").error?.issues[0]?.message).toBe(
      "must be at most 5 characters",
    );
  });
});

describe("text that is printed", () => {
  test.each([
    ["an escape sequence", "\u001b[31mred", "\\u001b[31mred"],
    ["an override", "gpj.\u202etxt", "gpj.\\u202etxt"],
    ["line breaks", "a\r\nb\tc", "a\\u000d\\u000ab\\u0009c"],
    [
      "C1 and other line ends",
      "\u009b\u007f\u0085\u2028\u2029",
      "\\u009b\\u007f\\u0085\\u2028\\u2029",
    ],
    ["marks and isolates", "\u200f\u061c\u2066\u2069", "\\u200f\\u061c\\u2066\\u2069"],
    ["half a pair", "\ud800", "\\ud800"],
    ["nothing, where nothing is hidden", "👩‍👩‍👧 می\u200cخواهم 王", "👩‍👩‍👧 می\u200cخواهم 王"],
  ])("shows what is hidden in it: %s", (_, text, shown) => {
    expect(revealHidden(text)).toBe(shown);
  });
});
