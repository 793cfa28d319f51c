import { describe, expect, test } from "vitest";
import { isolated, visibleText } from "./foreign-text.ts";

describe("what is stored from before there was a rule for names", () => {
  test.each([
    ["an override", "pump\u202egnp.exe", "pump\ufffdgnp.exe"],
    ["an embedding and its end", "a\u202ab\u202c", "a\ufffdb\ufffd"],
    ["an escape", "\u001b[2Jpump", "\ufffd[2Jpump"],
    ["a line break", "pump\nadministrator", "pump\ufffdadministrator"],
    ["a paragraph separator", "pump\u2029administrator", "pump\ufffdadministrator"],
    ["an end of an isolate that it did not begin", "a\u2069b\u2068", "a\ufffdb\ufffd"],
    ["an isolate without an end", "a\u2067b", "a\ufffdb"],
  ])("shows %s", (_, text, shown) => {
    expect(visibleText(text)).toBe(shown);
    expect(isolated(text)).toBe(shown);
  });

  test("keeps the lines of a description, and shows what else it hides", () =>
    expect(visibleText("one\r\n\ttwo\u0000\n\u2067three\n\u2069", "several lines")).toBe(
      "one\r\n\ttwo\ufffd\n\ufffdthree\n\ufffd",
    ));
});

describe("a name as people write it", () => {
  test.each([
    "Łódź 3",
    "مضخة ۳",
    "משאבה 7 (צפון)",
    "नल ‍क",
    "👩‍🔧🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "a \u2068משאבה\u2069 b",
    "a\u200fb",
  ])("is shown as it is: %s", (name) => expect(visibleText(name)).toBe(name));

  test.each(["pump-02", "Łódź 3", "ポンプ", "👩‍🔧"])(
    "is left alone in a sentence where it reorders nothing: %s",
    (name) => expect(isolated(name)).toBe(name),
  );

  test.each(["משאבה 7 (צפון)", "مضخة ۳", "ߞߊ", "\u{1e900}\u{1e901}", "a\u200f"])(
    "keeps to itself in a sentence: %s",
    (name) => expect(isolated(name)).toBe(`\u2068${name}\u2069`),
  );
});
