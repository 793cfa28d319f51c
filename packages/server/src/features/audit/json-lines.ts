import { hashedColumns } from "../../changes/audit-chain.ts";
import { parseJson } from "./cut-lines.ts";
import type { StoredRow } from "./verify-chains.ts";

/** All that is stored of a record, exactly, as a line of JSON without its end. */
export function jsonLine(row: StoredRow): string {
  const { details, ...columns } = row;
  return JSON.stringify({ ...columns, details: JSON.parse(details) });
}

const numbers: ReadonlySet<string> = new Set(["at", "seq"]);

/** Of a record that is told again each letter is the same. */
export function holdsRecord(beginning: string, line: string): boolean {
  return line.startsWith(beginning);
}

/** The record that a line tells of. Throws a `RangeError` that says what is wrong with the line. */
export function readJsonLine(line: string): StoredRow {
  const row = (parseJson(line) ?? {}) as Record<string, unknown>;
  for (const name of [...hashedColumns, "hash"]) {
    const value = row[name];
    if (value === undefined) throw new RangeError(`has no ${name}`);
    const type = name === "details" ? "object" : numbers.has(name) ? "number" : "string";
    if (value !== null && typeof value !== type) throw new RangeError(`has a wrong ${name}`);
  }
  // As it was stored: written by the same function, and numbers read and written again stay the same.
  const stored = { ...row, details: JSON.stringify(row.details) } as StoredRow;
  if (jsonLine(stored) !== line || Object.keys(row).length !== hashedColumns.length + 1) {
    throw new RangeError("is not as it was exported: it has more, or something twice");
  }
  return stored;
}
