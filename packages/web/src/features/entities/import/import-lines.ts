import { builtInOperations, nearest } from "@tessera/sdk";
import type { EntityTypeName, NewEntity } from "../../../api/entities.ts";
import { entityTypeRows } from "../../../entity-types/rows.ts";
import { readJsonObject } from "../../../ui/json-text.ts";
import { isolated } from "../../../words/foreign-text.ts";
import { findLossText } from "../../../words/json-loss.ts";
import { type CsvRecord, readCsv } from "./csv-text.ts";

/** An entity that a file asks for, and where it stands there; or what is wrong with it. */
export interface ImportLine {
  /** In a CSV file the line; in a JSON file the element; from 1. */
  readonly number: number;
  readonly name: string;
  /** As it stands in the file, to be given back when it fails. */
  readonly source: Readonly<Record<string, string>>;
  readonly body: NewEntity | undefined;
  readonly problem: string | undefined;
}

/** What a file holds; `problem`: it cannot be read at all. */
export type ImportFile = { readonly lines: readonly ImportLine[] } | { readonly problem: string };

const sharedColumns = ["name", "id", "tags", "metadata", "status"] as const;

/** How other systems call a column. */
const aliases: Readonly<Record<string, string>> = {
  key: "secret",
  "credentials.secret": "secret",
  "credentials.identity": "identity",
};

/** The columns of a CSV file for the type. */
export function importColumns(type: EntityTypeName): readonly string[] {
  return [...sharedColumns, ...entityTypeRows[type].importColumns];
}

/** Reads a CSV file with a line of column names, or a JSON array of what the API takes. */
export function readImportFile(type: EntityTypeName, fileName: string, text: string): ImportFile {
  const isJson = /\.json$/i.test(fileName) || /^\s*\[/.test(text);
  const file = isJson ? readJsonFile(type, text) : readCsvFile(type, text);
  if ("lines" in file && file.lines.length === 0) return { problem: "The file lists nothing." };
  return file;
}

function readCsvFile(type: EntityTypeName, text: string): ImportFile {
  let records: readonly CsvRecord[];
  try {
    records = readCsv(text);
  } catch (error) {
    return { problem: `The file cannot be read: ${error instanceof Error ? error.message : ""}.` };
  }
  const [head, ...rest] = records;
  if (head === undefined) return { problem: "The file is empty." };
  const known = importColumns(type);
  const columns = head.cells.map((cell) => {
    const word = cell.trim().toLowerCase();
    return aliases[word] ?? word;
  });
  const unknown = columns.find((column) => !known.includes(column));
  if (unknown !== undefined) {
    return {
      problem: `The first line must name the columns. “${isolated(unknown)}” is none; did you mean “${nearest(unknown, known)}”? Known are ${known.join(", ")}.`,
    };
  }
  if (!columns.includes("name")) return { problem: "The column “name” is missing." };
  return {
    lines: rest.map(({ line, cells }) => {
      const source = Object.fromEntries(
        columns.map((column, index) => [column, (cells[index] ?? "").trim()]),
      );
      const tooMany = cells.length > columns.length ? "has more cells than there are columns" : "";
      return toLine(type, line, source, tooMany === "" ? bodyOf(source) : { problem: tooMany });
    }),
  };
}

function readJsonFile(type: EntityTypeName, text: string): ImportFile {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    const read = readJsonObject(`{"list":${text}}`);
    return "problem" in read
      ? { problem: `The file is no JSON: line ${read.line}: ${read.problem}.` }
      : { problem: "The file is no JSON." };
  }
  if (!Array.isArray(list)) return { problem: "The file must hold a JSON array." };
  const loss = findLossText(text);
  if (loss !== undefined) return { problem: `In the file ${loss.problem}.` };
  return {
    lines: list.map((element: unknown, index) => {
      if (typeof element !== "object" || element === null) {
        return toLine(type, index + 1, {}, { problem: "is no object" });
      }
      const source = Object.fromEntries(
        Object.entries(element).map(([member, value]) => [
          member,
          typeof value === "string" ? value : JSON.stringify(value),
        ]),
      );
      return toLine(type, index + 1, source, { body: element });
    }),
  };
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

function toLine(
  type: EntityTypeName,
  number: number,
  source: Readonly<Record<string, string>>,
  read: Read,
): ImportLine {
  const name = source.name ?? "";
  if ("problem" in read) return { number, name, source, body: undefined, problem: read.problem };
  if (name.trim() === "") {
    return { number, name, source, body: undefined, problem: "name: must not be empty" };
  }
  const checked = schemaOf(type)?.safeParse(read.body);
  if (checked?.success === false) {
    const [issue] = checked.error.issues;
    const where = issue?.path.join(".") ?? "";
    const problem = `${where === "" ? "" : `${where}: `}${issue?.message ?? "is not valid"}`;
    return { number, name, source, body: undefined, problem };
  }
  return { number, name, source, body: read.body as NewEntity, problem: undefined };
}

/** What the server itself will check each element by. */
function schemaOf(type: EntityTypeName) {
  const endpoints = builtInOperations.flatMap((row) => [...row.endpoints]);
  const create = endpoints.find(({ id }) => id === `${type}.create`);
  return create !== undefined && "body" in create ? create.body : undefined;
}
