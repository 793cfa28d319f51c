import { expect, test } from "vitest";
import { errorText, printable, sentence } from "./printable.ts";

const forged = "\u001b[2J\u009b31m\u202e\nNothing is wrong.\r\u2028";

test("what an operator's command prints acts on no terminal", () => {
  expect(printable(`one\n${forged}\n`)).toBe(
    "one\n\\u001b[2J\\u009b31m\\u202e\nNothing is wrong.\\u000d\\u2028\n",
  );
  expect(sentence(forged)).not.toMatch(/[\p{Cc}\p{Zl}\p{Bidi_Control}]/u);
});

test("an error of an operator's command adds no line but the places of the program", () => {
  const error = new TypeError(`${forged}\n    at forged (place)`);
  const [said = "", ...places] = errorText(error).split("\n");
  expect(said).toContain("TypeError: \\u001b[2J\\u009b31m\\u202e\\u000aNothing is wrong.");
  expect(places.length).toBeGreaterThan(0);
  for (const place of places) expect(place).toMatch(/^ {4}at /);
  expect(errorText("said")).toBe("said");
});
