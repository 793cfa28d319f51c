import { csvLine, withoutFormula } from "./csv-text.ts";
import type { GivenList, GivenTable, ImportLine } from "./import-lines.ts";
import type { LineOutcome } from "./run-import.ts";
import { byteLength, type Encoding } from "./text-encoding.ts";

type OutcomeOf = (line: ImportLine) => LineOutcome;

/**
 * The text of a CSV file for people that tells of every line what became of it. Secrets that the server made are in
 * it, as they are not shown again: letters and digits that no spreadsheet takes for a formula.
 */
export function reportText(lines: readonly ImportLine[], outcomeOf: OutcomeOf): string {
  const rows = lines.map((line) => {
    const outcome = outcomeOf(line);
    const secret = outcome.state === "created" ? (outcome.secret ?? "") : "";
    return csvLine([
      String(line.number),
      withoutFormula(line.name),
      outcome.state === "unsent" ? "not sent" : outcome.state,
      outcome.state === "created" ? outcome.id : "",
      line.hasSecret && secret !== "" ? "as in the file" : secret,
      outcome.state === "failed" ? withoutFormula(outcome.reason) : "",
    ]);
  });
  const head = csvLine(["line", "name", "outcome", "id", "secret", "reason"]);
  // By the mark spreadsheets know that it is UTF-8.
  return `\uFEFF${[head, ...rows].join("\r\n")}\r\n`;
}

/** A file as it was given. */
export interface GivenBytes {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly text: string;
  readonly encoding: Encoding;
}

/** The lines of a CSV file that are not there yet, to the byte as they were given, below its own first line. */
export function remainingOfTable(
  { bytes, text, encoding }: GivenBytes,
  { headEnd }: GivenTable,
  lines: readonly ImportLine[],
  outcomeOf: OutcomeOf,
): Blob {
  const left = lines.filter((line) => outcomeOf(line).state !== "created");
  let unit = 0;
  let byte = 0;
  const byteAt = (at: number) => {
    byte += byteLength(text.slice(unit, at), encoding);
    unit = at;
    return byte;
  };
  const places = [{ start: 0, end: headEnd }, ...left.flatMap(({ place }) => place ?? [])];
  return new Blob(
    places.map(({ start, end }) => {
      const from = byteAt(start);
      return bytes.slice(from, byteAt(end));
    }),
    { type: "text/csv" },
  );
}

/** The elements of a JSON file that are not there yet. */
export function remainingOfList(
  { elements }: GivenList,
  lines: readonly ImportLine[],
  outcomeOf: OutcomeOf,
): Blob {
  const left = elements.filter((_, index) => {
    const line = lines[index];
    return line !== undefined && outcomeOf(line).state !== "created";
  });
  return new Blob([`${JSON.stringify(left, null, 2)}\n`], { type: "application/json" });
}
