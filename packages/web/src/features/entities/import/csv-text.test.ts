import { describe, expect, test } from "vitest";
import { csvLine, readCsv, withoutFormula } from "./csv-text.ts";

const cellsOf = (text: string) => readCsv(text).map(({ cells }) => cells);

describe("a CSV file", () => {
  test("keeps commas, quotes and line ends within quotes, and knows each record's line", () =>
    expect(
      readCsv('\uFEFFname,tags\r\n"a, ""b""\nc",x\r\n\r\nd,"y"\n').map(({ line, cells }) => ({
        line,
        cells,
      })),
    ).toEqual([
      { line: 1, cells: ["name", "tags"] },
      { line: 2, cells: ['a, "b"\nc', "x"] },
      { line: 5, cells: ["d", "y"] },
    ]));

  test.each([";", "\t", "|"])("may separate by %j", (separator) =>
    expect(cellsOf(`name${separator}"a,b,c"\na${separator}b,c`)[1]).toEqual(["a", "b,c"]),
  );

  test.each(["sep=;\r\n", "sep=;\n", "\uFEFFsep=;\r", '"sep=;"\n', "SEP=;\n"])(
    "may say at its top what separates: %j",
    (top) => {
      const records = readCsv(`${top}name;a,b\nx;y`);
      expect(records.map(({ line, cells }) => [line, cells])).toEqual([
        [2, ["name", "a,b"]],
        [3, ["x", "y"]],
      ]);
    },
  );

  test("may end each of its lines in another way", () => {
    const records = readCsv("a\rb\nc\r\nd\r\re");
    expect(records.map(({ line, cells: [cell] }) => [line, cell])).toEqual([
      [1, "a"],
      [2, "b"],
      [3, "c"],
      [4, "d"],
      [6, "e"],
    ]);
  });

  test("is made of its records to the last character", () => {
    const text = '\uFEFFsep=,\rname,"x\r\ny"\r\n +5V ,"=1"\n\r\nlast, one';
    const pieces = readCsv(text).map(({ start, end }) => text.slice(start, end));
    expect(pieces).toEqual(['name,"x\r\ny"\r\n', ' +5V ,"=1"\n', "last, one"]);
  });

  test("needs no end of line at its end", () => expect(readCsv("name\na")).toHaveLength(2));

  test("says in which line a quote was left open", () =>
    expect(() => readCsv('name\nfine\n"open\n\n')).toThrow("line 3: the quote never ends"));

  test("is written so that it can be read again", () => {
    const cells = ["plain", 'a "quoted", one', "two\nlines", "", "+5V rail", "=1", "@x", "-y"];
    expect(cellsOf(csvLine(cells))[0]).toEqual(cells);
  });

  test("for people gives a spreadsheet no formula to run, whatever it takes for a separator", () => {
    const names = [
      "=HYPERLINK(1)",
      "+1",
      "-1",
      "@x",
      " =1",
      "\u00a0=1",
      "x;=1;y",
      "x\t@y",
      "x|-y",
      'x;"=1"',
    ];
    const marks = ["'=HYPERLINK(1)", "'+1", "'-1", "'@x", "' =1", "'\u00a0=1", "x;'=1;y", "x\t'@y"];
    expect(names.map(withoutFormula)).toEqual([...marks, "x|'-y", `x;'"=1"`]);
    expect(withoutFormula("ok; 5 = 4+1")).toBe("ok; 5 = 4+1");
    const line = csvLine(["2", ...names.map(withoutFormula), "created"]);
    for (const separator of [/,/, /;/, /\t/, /\|/]) {
      for (const cell of line.split(separator)) expect(cell).not.toMatch(/^\s*"*\s*[=+\-@]/);
    }
  });
});
