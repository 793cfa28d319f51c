import { AppError, type Endpoint } from "@tessera/contract";
import { z } from "zod";
import { toProblem } from "./problem.ts";
import { longQuery, maximumParameters } from "./router-options.ts";
import { readStorableJson, requireStorable } from "./storable.ts";

type Read = (text: string, name: string) => unknown;

const booleans: Readonly<Record<string, boolean>> = Object.fromEntries([
  ...["1", "t", "T", "true", "TRUE", "True"].map((word) => [word, true]),
  ...["0", "f", "F", "false", "FALSE", "False"].map((word) => [word, false]),
]);

const readers: Readonly<Record<string, Read>> = {
  integer: (text) => (/^-?\d{1,15}$/.test(text) ? Number(text) : text),
  boolean: (text) => booleans[text] ?? text,
  object: readJson,
};

/** Turns the texts of a query into the values its schema means; what cannot be turned stays text, for the schema to refuse. */
function createQueryReader(
  schema: z.ZodObject,
): (query: Readonly<Record<string, unknown>>) => Record<string, unknown> {
  // Worked out when first asked: most rows of a server, and of its tests, never are.
  let fields: readonly QueryField[] | undefined;
  return (query) => {
    const values: Record<string, unknown> = {};
    fields ??= fieldsOf(schema);
    for (const { name, read, isEmptyAbsent } of fields) {
      const text = query[name];
      if (typeof text !== "string" || (text === "" && isEmptyAbsent)) continue;
      values[name] = read === undefined ? text : read(text, name);
    }
    return values;
  };
}

interface QueryField {
  readonly name: string;
  readonly read: Read | undefined;
  readonly isEmptyAbsent: boolean;
}

function fieldsOf(schema: z.ZodObject): readonly QueryField[] {
  const { properties = {} } = z.toJSONSchema(schema, { io: "input" });
  return Object.entries(properties).map(([name, property]) => {
    const { type, enum: words } = property as { type?: string; enum?: unknown };
    const read = type === undefined ? undefined : readers[type];
    return { name, read, isEmptyAbsent: read !== undefined || words !== undefined };
  });
}

function readJson(text: string, name: string): unknown {
  try {
    return readStorableJson("invalid_query", text, name);
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

/** Throws 400 for a key that stands twice, or a value that no database can keep. */
export function requirePlainQuery(query: Readonly<Record<string, unknown>>): void {
  if (query === longQuery) {
    throw new AppError("invalid_query", `The query has more than ${maximumParameters} parameters`);
  }
  for (const [key, value] of Object.entries(query)) {
    if (typeof value !== "string") {
      throw new AppError("invalid_query", `${key} must be given once`, { field: key });
    }
    requireStorable("invalid_query", { [key]: value });
  }
}

/** Reads queries by the schema of a row; throws 400. */
export function createQueryParser(
  schema: Endpoint["query"],
): (query: Readonly<Record<string, unknown>>) => unknown {
  if (schema === undefined) return () => undefined;
  const read = createQueryReader(schema);
  const parse = (query: Readonly<Record<string, unknown>>) => {
    const parsed = schema.safeParse(read(query));
    if (!parsed.success) throw toProblem("invalid_query", parsed.error);
    return parsed.data;
  };
  // Most requests have none, and it always means the same.
  let ofNone: unknown;
  return (query) => {
    if (Object.keys(query).length > 0) return parse(query);
    ofNone ??= Object.freeze(parse({}));
    return ofNone;
  };
}
