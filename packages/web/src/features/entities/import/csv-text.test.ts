import { describe, expect, test } from "vitest";
import { csvLine, readCsv } from "./csv-text.ts";

describe("a CSV file", () => {
  test("keeps commas, quotes and line ends within quotes, and knows each record's line", () =>
    expect(readCsv('\uFEFFname,tags\r\n"a, ""b""\nc",x\r\n\r\nd,"y"\n')).toEqual([
      { line: 1, cells: ["name", "tags"] },
      { line: 2, cells: ['a, "b"\nc', "x"] },
      { line: 5, cells: ["d", "y"] },
    ]));

  test.each([";", "\t"])("may separate by %j", (separator) =>
    expect(readCsv(`name${separator}tags\na${separator}b,c`)[1]?.cells).toEqual(["a", "b,c"]),
  );

  test("needs no end of line at its end", () => expect(readCsv("name\na")).toHaveLength(2));

  test("says in which line a quote was left open", () =>
    expect(() => readCsv('name\nfine\n"open\n\n')).toThrow("line 3: the quote never ends"));

  test("is written so that it can be read again", () => {
    const cells = ["plain", 'a "quoted", one', "two\nlines", ""];
    expect(readCsv(csvLine(cells))[0]?.cells).toEqual(cells);
  });

  test("gives a spreadsheet no formula to run", () =>
    expect(csvLine(["=HYPERLINK(1)", "+1", "ok"])).toBe("'=HYPERLINK(1),'+1,ok"));
});
