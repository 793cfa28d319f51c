import type { Endpoint } from "@tessera/sdk";
import { z } from "zod";
import { isSecret, type JsonSchema, mainForm } from "./json-schema.ts";

/** What an option's value is: `text` stays as it is typed, whatever it looks like. */
export type ValueType = "text" | "whole number" | "boolean" | "list" | "json";

/** An option of an endpoint's command; it derives from the endpoint's row. */
export interface EndpointOption {
  /** Without its dashes; a member of a member has a dot, as in `credentials.secret`. */
  readonly name: string;
  readonly place: "path" | "query" | "body";
  /** The way to the member in the query or the body. */
  readonly members: readonly string[];
  readonly type: ValueType;
  readonly schema: JsonSchema;
  readonly isSecret: boolean;
  readonly isRequired: boolean;
}

/** Every option of an endpoint; of two that would have one name the path's stays. */
export function optionsOf(endpoint: Endpoint): readonly EndpointOption[] {
  const names = new Set<string>();
  return [...pathOptions(endpoint), ...queryOptions(endpoint), ...bodyOptions(endpoint)].filter(
    ({ name }) => !names.has(name) && names.add(name),
  );
}

/** The schema of the body; `undefined` where there is none. */
export function bodySchema({ body }: Endpoint): JsonSchema | undefined {
  return body === undefined ? undefined : mainForm(jsonSchema(body));
}

/** Whether a body may be given by its members, not only as a whole. */
export function hasMembers(schema: JsonSchema | undefined): boolean {
  return schema?.properties !== undefined;
}

/** Whether replies are pages of a list, of which the next can be asked for. */
export function isPaged({ query }: Endpoint): boolean {
  return query !== undefined && "limit" in query.shape && "offset" in query.shape;
}

/** Whether what is answered has ids: itself, or its items. */
export function hasIds({ reply }: Endpoint): boolean {
  if (reply === undefined) return false;
  const { properties = {} } = mainForm(jsonSchema(reply, "output"));
  const items = Object.values(properties).flatMap(({ items }) => items?.properties ?? []);
  return [properties, ...items].some((members) => "id" in members || "member_id" in members);
}

function pathOptions({ path }: Endpoint): readonly EndpointOption[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name = ""]) =>
    toOption("path", [name], { type: "string" }, true),
  );
}

function queryOptions({ query }: Endpoint): readonly EndpointOption[] {
  if (query === undefined) return [];
  const { properties = {}, required = [] } = jsonSchema(query);
  return Object.entries(properties).map(([name, schema]) =>
    toOption("query", [name], schema, required.includes(name)),
  );
}

function bodyOptions(endpoint: Endpoint): readonly EndpointOption[] {
  const { properties = {}, required = [] } = bodySchema(endpoint) ?? {};
  return Object.entries(properties).flatMap(([name, schema]) => {
    const isRequired = required.includes(name);
    const { properties: inner, required: innerRequired = [] } = mainForm(schema);
    const whole = toOption("body", [name], schema, isRequired && inner === undefined);
    const parts = Object.entries(inner ?? {}).map(([innerName, part]) =>
      toOption("body", [name, innerName], part, isRequired && innerRequired.includes(innerName)),
    );
    return [whole, ...parts];
  });
}

function toOption(
  place: EndpointOption["place"],
  members: readonly string[],
  written: JsonSchema,
  isRequired: boolean,
): EndpointOption {
  const schema = mainForm(written);
  return {
    name: members.join("."),
    place,
    members,
    type: typeOf(schema),
    schema,
    isSecret: isSecret(schema),
    isRequired,
  };
}

function typeOf({ type, items }: JsonSchema): ValueType {
  if (type === "string") return "text";
  if (type === "integer") return "whole number";
  if (type === "boolean") return "boolean";
  return type === "array" && items?.type === "string" ? "list" : "json";
}

/** What JSON Schema cannot say, such as a transformation, leaves what it can. */
function jsonSchema(schema: z.ZodType, io: "input" | "output" = "input"): JsonSchema {
  return z.toJSONSchema(schema, { io, unrepresentable: "any" }) as JsonSchema;
}
