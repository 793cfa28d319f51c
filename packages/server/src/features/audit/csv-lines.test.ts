import { expect, test } from "vitest";
import { csvLine } from "./csv-lines.ts";
import type { StoredRow } from "./verify-chains.ts";

const row = { at: 0, seq: 1 } as StoredRow;

test.each(["=1+1", " =1+1", '"=1"', "x;=1+1", 'x;"=1"', "x| +1", "x\t@a", "x\n-1", "%0A"])(
  "a cell of %o is no formula, whatever separates cells",
  (details) => {
    for (const separator of [";", "|", "\t", "\n", '","']) {
      for (const cell of csvLine({ ...row, details }).split(separator)) {
        expect(cell).not.toMatch(/^[\s"]*[=+\-@%]/);
      }
    }
  },
);

test("a number is left as it is", () =>
  expect(csvLine({ ...row, seq: -1 } as StoredRow)).toContain('"-1"'));
