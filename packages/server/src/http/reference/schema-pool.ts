import { uuidPattern } from "@tessera/contract";
import { z } from "zod";

export type JsonSchema = Readonly<Record<string, unknown>>;

/** What a schema describes: what a request carries, in its query or its body, or what a reply does. */
type Direction = "query" | "body" | "reply";

/** Collects the schemas of a document, so that what is used more than once is written once. */
export interface SchemaPool {
  /** The name of the schema, should it turn out to be used more than once. The first name given wins. */
  name(name: string, schema: z.ZodType): void;
  /** Takes in a schema that the document uses in one more place. */
  add(name: string, schema: z.ZodType, direction: Direction): JsonSchema;
  /** The schema with references to {@link SchemaPool.components}; to be called when all are added. */
  refer(schema: JsonSchema): JsonSchema;
  /** What has been referred to, by name. */
  components(): Readonly<Record<string, JsonSchema>>;
}

/** Below this many characters of JSON a reference costs a reader more than a repetition. */
const smallestShared = 120;

export const schemaReference = (name: string) => `#/components/schemas/${name}`;

export function createSchemaPool(): SchemaPool {
  const uses = new Map<string, number>();
  const names = new Map<string, string>();
  const components = new Map<string, JsonSchema>([["Id", idSchema]]);
  /** Schemas that refer to themselves: components, however often they are used. */
  const recursive = new Map<string, JsonSchema>();

  return {
    name: (name, schema) => {
      for (const direction of ["body", "reply"] as const) {
        visit(name, read(name, schema, direction), 0);
      }
    },
    add: (name, schema, direction) => {
      const json = read(name, schema, direction);
      visit(name, json, 1);
      return json;
    },
    refer,
    components: () => {
      for (const [name, schema] of recursive) components.set(name, mapSubschemas(schema, refer));
      return Object.fromEntries([...components].sort(([a], [b]) => (a < b ? -1 : 1)));
    },
  };

  function read(name: string, schema: z.ZodType, direction: Direction): JsonSchema {
    const io = direction === "reply" ? "output" : "input";
    const finish = direction === "body" ? sayDefaults : (read: JsonSchema) => read;
    const { $schema: _, $defs = {}, ...json } = z.toJSONSchema(schema, { io }) as JsonSchema;
    const definitions = Object.entries($defs as Record<string, JsonSchema>);
    const renamed = new Map(definitions.map(([key]) => [`#/$defs/${key}`, `${name}Item`]));
    for (const [, definition] of definitions) {
      const schema = finish(tidy(definition, renamed) as JsonSchema);
      recursive.set(`${name}Item`, schema);
      for (const [key, part] of subschemas(schema)) visit(`${name}Item${pascalCase(key)}`, part, 1);
    }
    return finish(tidy(json, renamed) as JsonSchema);
  }

  /** Counts every object schema; not again what lies inside one that is counted already. */
  function visit(name: string, schema: JsonSchema, weight: number): void {
    if (isShareable(schema)) {
      const text = JSON.stringify(schema);
      const before = uses.get(text) ?? 0;
      uses.set(text, before + weight);
      if (!names.has(text)) names.set(text, freeName(name));
      if (before > 0) return;
    }
    for (const [key, part] of subschemas(schema)) visit(name + pascalCase(key), part, weight);
  }

  function freeName(name: string): string {
    const taken = new Set(names.values());
    let free = name;
    for (let number = 2; taken.has(free); number += 1) free = `${name}${number}`;
    return free;
  }

  function refer(schema: JsonSchema): JsonSchema {
    const text = JSON.stringify(schema);
    const name = names.get(text);
    if (name === undefined || (uses.get(text) ?? 0) < 2) return mapSubschemas(schema, refer);
    if (!components.has(name)) {
      components.set(name, {});
      components.set(name, mapSubschemas(schema, refer));
    }
    return { $ref: schemaReference(name) };
  }
}

/** `domains.list_of_user` → `DomainsListOfUser` */
export function pascalCase(text: string): string {
  return text
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");
}

const idSchema: JsonSchema = {
  type: "string",
  format: "uuid",
  pattern: uuidPattern.source,
  description: "A UUID in lower case",
};

function isShareable(schema: JsonSchema): boolean {
  return schema.properties !== undefined && JSON.stringify(schema).length >= smallestShared;
}

/** Takes out what zod writes and a reader does not need. */
function tidy(value: unknown, renamed: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((item) => tidy(item, renamed));
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([key, part]) => !isNoise(key, part));
  const schema = Object.fromEntries(kept.map(([key, part]) => [key, tidy(part, renamed)]));
  if (typeof schema.$ref === "string") {
    const name = renamed.get(schema.$ref);
    return name === undefined ? schema : { ...schema, $ref: schemaReference(name) };
  }
  if (schema.format === "email") delete schema.pattern;
  if (schema.format !== "uuid" || schema.pattern !== uuidPattern.source) return schema;
  const { type: _type, format: _format, pattern: _pattern, ...rest } = schema;
  return { $ref: schemaReference("Id"), ...rest };
}

/** In words: generators of clients demand a member that has a default, as if what is sent were what is read. */
function sayDefaults(schema: JsonSchema): JsonSchema {
  const { default: fallback, ...said } = mapSubschemas(schema, sayDefaults);
  if (fallback === undefined) return said;
  const { description } = said;
  const absent = `\`${JSON.stringify(fallback)}\` when absent`;
  return { ...said, description: description === undefined ? absent : `${description}; ${absent}` };
}

function isNoise(key: string, part: unknown): boolean {
  if (key === "additionalProperties") return part === false;
  if (key === "propertyNames") return true;
  return Math.abs(Number(part)) === Number.MAX_SAFE_INTEGER;
}

/** The schemas directly below, with the names of the members that hold them. */
function subschemas(schema: JsonSchema): readonly (readonly [string, JsonSchema])[] {
  const found: [string, JsonSchema][] = [];
  mapSubschemas(schema, (part, name) => {
    found.push([name, part]);
    return part;
  });
  return found;
}

function mapSubschemas(
  schema: JsonSchema,
  change: (part: JsonSchema, name: string) => JsonSchema,
): JsonSchema {
  const changed: Record<string, unknown> = { ...schema };
  if (schema.properties !== undefined) {
    const members = Object.entries(schema.properties as Record<string, JsonSchema>);
    changed.properties = Object.fromEntries(
      members.map(([name, part]) => [name, change(part, name)]),
    );
  }
  if (schema.items !== undefined) changed.items = change(schema.items as JsonSchema, "");
  for (const key of ["anyOf", "oneOf", "allOf"]) {
    const parts = schema[key] as readonly JsonSchema[] | undefined;
    if (parts !== undefined) changed[key] = parts.map((part) => change(part, ""));
  }
  return changed;
}
