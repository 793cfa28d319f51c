import { csvLine } from "./csv-text.ts";
import type { ImportLine } from "./import-lines.ts";
import type { LineOutcome } from "./run-import.ts";

/** The text of a CSV file that tells of every line what became of it, secrets included: they are not shown again. */
export function reportText(
  lines: readonly ImportLine[],
  outcomeOf: (line: ImportLine) => LineOutcome,
): string {
  const rows = lines.map((line) => {
    const outcome = outcomeOf(line);
    return csvLine([
      String(line.number),
      line.name,
      outcome.state === "unsent" ? "not sent" : outcome.state,
      outcome.state === "created" ? outcome.id : "",
      outcome.state === "created" ? (outcome.secret ?? "") : "",
      outcome.state === "failed" ? outcome.reason : "",
    ]);
  });
  return `${[csvLine(["line", "name", "outcome", "id", "secret", "reason"]), ...rows].join("\n")}\n`;
}

/** The lines that are not there yet, as they stood in the file, to be corrected and sent again. */
export function remainingText(
  columns: readonly string[],
  lines: readonly ImportLine[],
  outcomeOf: (line: ImportLine) => LineOutcome,
): string {
  const rows = lines
    .filter((line) => outcomeOf(line).state !== "created")
    .map(({ source }) => csvLine(columns.map((column) => source[column] ?? "")));
  return `${[csvLine(columns), ...rows].join("\n")}\n`;
}

/** Gives the person a file. */
export function offerDownload(fileName: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = fileName;
  link.click();
  URL.revokeObjectURL(address);
}
