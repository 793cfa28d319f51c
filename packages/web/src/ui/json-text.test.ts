import { describe, expect, test } from "vitest";
import { jsonText, readJsonObject } from "./json-text.ts";

describe("the text of a JSON object", () => {
  test.each([
    ["", {}],
    ["  \n", {}],
    ['{"a": [1, {"b": null}], "c": "\\u00e9"}', { a: [1, { b: null }], c: "é" }],
  ])("%j is read", (text, value) => expect(readJsonObject(text)).toEqual({ value }));

  test.each([
    ["[1]", 1, "must be an object"],
    ['"text"', 1, "must be an object"],
    ['{\n  "a": 1,\n}', 3, "a key in double quotes should stand before }"],
    ['{\n  "a" 1\n}', 2, "a colon should stand before 1"],
    ['{\n  "a": 1\n  "b": 2\n}', 3, 'a comma or } should stand before "b"'],
    ["{\n\n  a: 1\n}", 3, "a key in double quotes or } should stand before a"],
    ['{"a": 01}', 1, "a value should stand before 01"],
    ['{"a": [1, 2}', 1, "a comma or ] should stand before }"],
    ['{\n"a": {', 2, "ends too early: a key in double quotes or } should follow"],
    ['{"a": "open', 1, 'a value should stand before "open'],
    ["{} {}", 1, "nothing more should stand before {"],
    ['{"a": [\n9007199254740993]}', 2, "a.0: 9007199254740993 cannot be kept exactly"],
    ['{"a": 1e400}', 1, "a: 1e400 cannot be kept exactly"],
    ['{"a": 1,\n"b": {},\n"a": 2}', 3, "a: must not be there twice"],
    ["{'a': 1}", 1, "a key in double quotes or } should stand before 'a'"],
  ])("%j is refused in line %d", (text, line, problem) => {
    const read = readJsonObject(text);
    expect(read).toMatchObject({ line });
    expect("problem" in read && read.problem).toContain(problem);
  });

  test("hides nothing when it is shown, and is read as the same", () => {
    const value = { "a\u202e": ["\u2066b\u2069\u2028", "\u0085"] };
    const text = jsonText(value);
    expect(text).not.toMatch(/[\u0085\u2028\u202e\u2066\u2069]/);
    expect(text).toContain('"a\\u202e"');
    expect(readJsonObject(text)).toEqual({ value });
  });
});
