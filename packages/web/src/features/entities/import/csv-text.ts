/** One record of a CSV file. */
export interface CsvRecord {
  /** The line in which it begins, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
  /** Where it stands in the text with its end of line, in UTF-16 code units; `end` is the first unit after it. */
  readonly start: number;
  readonly end: number;
}

/**
 * Reads RFC 4180 with whatever ends its lines, also several kinds in one file; with the separator that a line `sep=;`
 * at the top names, or else with the one of comma, semicolon, tab and bar that the first line has most of. Records
 * without any text are left out. Throws `RangeError` naming the line of a quote that never ends.
 *
 * Own code: what is left of a file is given back as it was, for which the place of every record must be known exactly;
 * the libraries that were tried tell it wrongly where a file mixes ends of lines.
 */
export function readCsv(text: string): readonly CsvRecord[] {
  const [top = "", named] = /^\uFEFF?(?:"?sep=([^\r\n"])"?(?:\r\n|\r|\n|$))?/i.exec(text) ?? [];
  const separator = named ?? separatorOf(text.slice(top.length));
  const records: CsvRecord[] = [];
  let cells: string[] = [];
  let cell = "";
  let line = named === undefined ? 1 : 2;
  let beganAt = line;
  let start = top.length;
  let quoteLine = 0;
  const endRecord = (end: number) => {
    cells.push(cell);
    if (cells.some((one) => one.trim() !== "")) records.push({ line: beganAt, cells, start, end });
    cells = [];
    cell = "";
    start = end;
    beganAt = line;
  };
  for (let at = start; at < text.length; at += 1) {
    const character = text.charAt(at);
    const isLineEnd = character === "\n" || (character === "\r" && text.charAt(at + 1) !== "\n");
    if (isLineEnd) line += 1;
    if (quoteLine > 0) {
      if (character !== '"') cell += character;
      else if (text.charAt(at + 1) === '"') {
        cell += '"';
        at += 1;
      } else quoteLine = 0;
    } else if (character === '"' && cell.trim() === "") {
      cell = "";
      quoteLine = line;
    } else if (character === separator) {
      cells.push(cell);
      cell = "";
    } else if (isLineEnd) {
      endRecord(at + 1);
    } else if (character !== "\r") {
      cell += character;
    }
  }
  if (quoteLine > 0) throw new RangeError(`line ${quoteLine}: the quote never ends`);
  endRecord(text.length);
  return records;
}

/** One line of a CSV file, without its end; a cell with what anybody takes for a separator is in quotes. */
export function csvLine(cells: readonly string[]): string {
  return cells
    .map((cell) => (/[",;|\t\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell))
    .join(",");
}

/** Spreadsheets take what begins so for a formula, also behind spaces and quotes, and behind what some take for the end of a cell. */
const beginsFormula = /(^|[;|\t\n\r])(?=[\s"]*[=+\-@\t\r|%])/g;

/** Text for a cell that people read in a spreadsheet: what would be run as a formula there gets an apostrophe before it. */
export function withoutFormula(text: string): string {
  return text.replaceAll(beginsFormula, "$1'");
}

function separatorOf(text: string): string {
  const first = (/^[^\r\n]*/.exec(text)?.[0] ?? "").replace(/"[^"]*"/g, "");
  const count = (separator: string) => first.split(separator).length;
  return [",", ";", "\t", "|"].reduce((best, one) => (count(one) > count(best) ? one : best));
}
