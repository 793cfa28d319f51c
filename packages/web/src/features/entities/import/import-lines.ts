import { builtInOperations, nearest } from "@tessera/sdk";
import type { EntityTypeName, NewEntity } from "../../../api/entities.ts";
import { entityTypeRows } from "../../../entity-types/rows.ts";
import { readJsonObject } from "../../../ui/json-text.ts";
import { findLossText } from "../../../words/json-loss.ts";
import { type CsvRecord, readCsv } from "./csv-text.ts";

/** An entity that a file asks for, and where it stands there; or what is wrong with it. */
export interface ImportLine {
  /** In a CSV file the line; in a JSON file the element; from 1. */
  readonly number: number;
  readonly name: string;
  /** The file gives it a secret: whoever has the file knows it. */
  readonly hasSecret: boolean;
  readonly body: NewEntity | undefined;
  readonly problem: string | undefined;
  /** In a CSV file where it stands in the text. */
  readonly place?: { readonly start: number; readonly end: number };
}

/** A column of a CSV file. */
export interface GivenColumn {
  /** What the file calls it; empty where it has no name. */
  readonly title: string;
  /** Its place in every record, from 0. */
  readonly index: number;
}

/** A CSV file, of which is still to be said what its columns are. */
export interface GivenTable {
  readonly kind: "csv";
  readonly columns: readonly GivenColumn[];
  readonly records: readonly CsvRecord[];
  /** Where its first line with all that stands before it ends in the text. */
  readonly headEnd: number;
}

/** A JSON array. */
export interface GivenList {
  readonly kind: "json";
  readonly elements: readonly unknown[];
}

/** `problem`: it cannot be read at all. */
export type GivenFile = GivenTable | GivenList | { readonly problem: string };

/** A table of more columns, or with a longer title, is something else. */
const mostColumns = 100;
const longestTitle = 200;

const sharedColumns = ["name", "id", "tags", "metadata", "status"] as const;

/** How other systems call a column. */
const aliases: Readonly<Record<string, string>> = {
  key: "secret",
  "credentials.secret": "secret",
  "credentials.identity": "identity",
};

/** What a column can hold for the type. */
export function importColumns(type: EntityTypeName): readonly string[] {
  return [...sharedColumns, ...entityTypeRows[type].importColumns];
}

/** Reads a CSV file with a line of column names, or a JSON array of what the API takes. */
export function readGivenFile(fileName: string, text: string): GivenFile {
  const isJson = /\.json$/i.test(fileName) || /^\uFEFF?\s*\[/.test(text);
  return isJson ? readJsonFile(text.replace(/^\uFEFF/, "")) : readCsvFile(text);
}

function readCsvFile(text: string): GivenFile {
  let records: readonly CsvRecord[];
  try {
    records = readCsv(text);
  } catch (error) {
    return { problem: `The file cannot be read: ${error instanceof Error ? error.message : ""}.` };
  }
  const [head, ...rest] = records;
  if (head === undefined) return { problem: "The file is empty." };
  if (rest.length === 0) return { problem: "The file lists nothing." };
  const filled = new Set<number>();
  for (const { cells } of rest) {
    for (const [index, cell] of cells.entries()) if (cell !== "") filled.add(index);
  }
  const columns = head.cells
    .map((cell, index) => ({ title: cell.trim(), index }))
    // What spreadsheets leave behind a table is no column.
    .filter(({ title, index }) => title !== "" || filled.has(index));
  if (columns.length > mostColumns) {
    return {
      problem: `The file has ${columns.length.toLocaleString("en")} columns, and at most ${mostColumns} are read.`,
    };
  }
  if (columns.some(({ title }) => title.length > longestTitle)) {
    return {
      problem: `A column's title has more than ${longestTitle} letters: is its first line one of titles?`,
    };
  }
  return { kind: "csv", columns, records: rest, headEnd: head.end };
}

function readJsonFile(text: string): GivenFile {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    const read = readJsonObject(`{"list":${text}}`);
    return "problem" in read
      ? { problem: `The file is not JSON: line ${read.line}: ${read.problem}.` }
      : { problem: "The file is not JSON." };
  }
  if (!Array.isArray(list)) return { problem: "The file must hold a JSON array." };
  const loss = findLossText(text);
  if (loss !== undefined) return { problem: `In the file ${loss.problem}.` };
  if (list.length === 0) return { problem: "The file lists nothing." };
  return { kind: "json", elements: list };
}

/** What each column holds; null: it is ignored. */
export type ColumnChoice = readonly (string | null)[];

/** What the columns' names say; each thing once. */
export function guessColumns(type: EntityTypeName, columns: readonly GivenColumn[]): ColumnChoice {
  const known = importColumns(type);
  const words = columns.map(({ title }) => {
    const word = title.toLowerCase();
    return aliases[word] ?? word;
  });
  return words.map((word, index) =>
    known.includes(word) && words.indexOf(word) === index ? word : null,
  );
}

/** What a column that is ignored may have been meant to be, by its name. */
export function nearestColumn(type: EntityTypeName, { title }: GivenColumn): string | undefined {
  return title === "" ? undefined : nearest(title.toLowerCase(), importColumns(type));
}

/** Why nothing can be made of columns so chosen. */
export function columnProblem(choice: ColumnChoice): string | undefined {
  const twice = choice.find((one, index) => one !== null && choice.indexOf(one) !== index);
  if (twice !== undefined && twice !== null) return `Two columns are ${twice}: ignore one of them.`;
  return choice.includes("name") ? undefined : "Choose which column is the name.";
}

/** What the records of a table ask for, when its columns are what was chosen. */
export function linesOfTable(
  type: EntityTypeName,
  { columns, records }: GivenTable,
  choice: ColumnChoice,
): readonly ImportLine[] {
  const width = (columns.at(-1)?.index ?? -1) + 1;
  return records.map(({ line, cells, start, end }) => {
    const source: Record<string, string> = {};
    for (const [at, { index }] of columns.entries()) {
      const word = choice[at];
      if (word !== null && word !== undefined) source[word] = (cells[index] ?? "").trim();
    }
    const isTooLong = cells.slice(width).some((cell) => cell.trim() !== "");
    const read = isTooLong ? { problem: "has more cells than there are columns" } : bodyOf(source);
    return { ...toLine(type, line, source.name, read), place: { start, end } };
  });
}

export function linesOfList(type: EntityTypeName, { elements }: GivenList): readonly ImportLine[] {
  return elements.map((element, index) => {
    if (typeof element !== "object" || element === null) {
      return toLine(type, index + 1, "", { problem: "is not an object" });
    }
    const name = "name" in element && typeof element.name === "string" ? element.name : "";
    return toLine(type, index + 1, name, { body: element });
  });
}

type Read = { readonly body: object } | { readonly problem: string };

/** Empty cells stand for nothing said. */
function bodyOf(source: Readonly<Record<string, string>>): Read {
  const said = Object.entries(source).filter(([, value]) => value !== "");
  const { tags, secret, identity, metadata, private_metadata, ...plain } = Object.fromEntries(said);
  const body: Record<string, unknown> = { ...plain };
  if (tags !== undefined)
    body.tags = tags
      .split(/[;,|]/)
      .map((tag) => tag.trim())
      .filter(Boolean);
  for (const [member, value] of Object.entries({ metadata, private_metadata })) {
    if (value === undefined) continue;
    const read = readJsonObject(value);
    if ("problem" in read) return { problem: `${member}: ${read.problem}` };
    body[member] = read.value;
  }
  if (secret !== undefined || identity !== undefined) {
    body.credentials = {
      ...(secret === undefined ? {} : { secret }),
      ...(identity === undefined ? {} : { identity }),
    };
  }
  return { body };
}

function toLine(type: EntityTypeName, number: number, name = "", read: Read): ImportLine {
  const wrong = (problem: string) => ({ number, name, hasSecret, body: undefined, problem });
  const body = "body" in read ? (read.body as Partial<NewEntity>) : undefined;
  const hasSecret = body?.credentials?.secret !== undefined;
  if ("problem" in read) return wrong(read.problem);
  if (name.trim() === "") return wrong("name: must not be empty");
  const checked = schemaOf(type)?.safeParse(read.body);
  if (checked?.success === false) {
    const [issue] = checked.error.issues;
    const where = issue?.path.join(".") ?? "";
    const problem = `${where === "" ? "" : `${where}: `}${issue?.message ?? "is not valid"}`;
    return wrong(problem);
  }
  return { number, name, hasSecret, body: read.body as NewEntity, problem: undefined };
}

/** What the server itself will check each element by. */
function schemaOf(type: EntityTypeName) {
  const endpoints = builtInOperations.flatMap((row) => [...row.endpoints]);
  const create = endpoints.find(({ id }) => id === `${type}.create`);
  return create !== undefined && "body" in create ? create.body : undefined;
}
