/** One record of a CSV file and the line in which it begins, from 1. */
export interface CsvRecord {
  readonly line: number;
  readonly cells: readonly string[];
}

/** Reads RFC 4180, and semicolons or tabs where the first line has more of them than commas. Throws `RangeError` naming the line of a quote that never ends. */
export function readCsv(text: string): readonly CsvRecord[] {
  const body = text.replace(/^\uFEFF/, "");
  const separator = separatorOf(body);
  const records: CsvRecord[] = [];
  let cells: string[] = [];
  let cell = "";
  let line = 1;
  let beganAt = 1;
  let quoteLine = 0;
  const endRecord = () => {
    cells.push(cell);
    if (cells.some((one) => one !== "")) records.push({ line: beganAt, cells });
    cells = [];
    cell = "";
  };
  for (let at = 0; at < body.length; at += 1) {
    const character = body.charAt(at);
    if (quoteLine > 0) {
      if (character === "\n") line += 1;
      if (character !== '"') cell += character;
      else if (body.charAt(at + 1) === '"') {
        cell += '"';
        at += 1;
      } else quoteLine = 0;
    } else if (character === '"' && cell.trim() === "") {
      cell = "";
      quoteLine = line;
    } else if (character === separator) {
      cells.push(cell);
      cell = "";
    } else if (character === "\n") {
      endRecord();
      line += 1;
      beganAt = line;
    } else if (character !== "\r") {
      cell += character;
    }
  }
  if (quoteLine > 0) throw new RangeError(`line ${quoteLine}: the quote never ends`);
  endRecord();
  return records;
}

/** One line of a CSV file, without its end. A cell that a spreadsheet would run as a formula gets an apostrophe before it. */
export function csvLine(cells: readonly string[]): string {
  return cells
    .map((cell) => (/^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell))
    .map((cell) => (/[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell))
    .join(",");
}

function separatorOf(text: string): string {
  const first = text.split("\n", 1)[0] ?? "";
  const count = (separator: string) => first.split(separator).length;
  return [",", ";", "\t"].reduce((best, one) => (count(one) > count(best) ? one : best));
}
