import { anchor, escapeHtml, inlineMarkdown } from "./html.ts";
import type { JsonSchema } from "./schema-pool.ts";

/** The members of an object as a list, or what else the schema says; components are linked to. */
export function schemaHtml(schema: JsonSchema): string {
  const link = linkHtml(schema);
  if (link !== undefined) return `<p class="type">${link}</p>`;
  const { items } = schema as { items?: JsonSchema };
  const members = membersHtml(schema) ?? (items === undefined ? undefined : membersHtml(items));
  const type =
    members === undefined || items !== undefined ? `<p class="type">${typeHtml(schema)}</p>` : "";
  return `${type}${members ?? ""}`;
}

/** A schema in a few words: `array of Client`, `string, at most 254 characters`. */
export function typeHtml(schema: JsonSchema): string {
  const link = linkHtml(schema);
  if (link !== undefined) return link;
  const alternatives = (schema.anyOf ?? schema.oneOf) as readonly JsonSchema[] | undefined;
  if (alternatives !== undefined) return alternatives.map(typeHtml).join(" or ");
  if (schema.const !== undefined) return code(schema.const);
  if (Array.isArray(schema.enum)) return schema.enum.map(code).join(" · ");
  if (schema.type === "array")
    return `array of ${typeHtml((schema.items ?? {}) as JsonSchema)}${limits(schema)}`;
  const format = typeof schema.format === "string" ? formats[schema.format] : undefined;
  return escapeHtml(format ?? String(schema.type ?? "any JSON")) + limits(schema);
}

/** A value that the schema allows, with its required members only. */
export function exampleOf(
  schema: JsonSchema,
  components: Readonly<Record<string, JsonSchema>>,
): unknown {
  if (typeof schema.$ref === "string") {
    const name = componentName(schema.$ref);
    return name === "Id" ? exampleId : exampleOf(components[name] ?? {}, components);
  }
  const [first] = (schema.anyOf ?? schema.oneOf ?? []) as readonly JsonSchema[];
  if (first !== undefined) return exampleOf(first, components);
  if (schema.const !== undefined) return schema.const;
  if (schema.default !== undefined && schema.default !== "") return schema.default;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  switch (schema.type) {
    case "object":
      return exampleObject(schema, components);
    case "array":
      return [exampleOf((schema.items ?? {}) as JsonSchema, components)];
    case "integer":
      return schema.minimum ?? 1;
    case "boolean":
      return true;
    default:
      return schema.format === "email" ? "ada@example.org" : "…";
  }
}

export const exampleId = "5c1d2a9e-8f0b-4c3d-9e7a-1b2c3d4e5f60";

const formats: Readonly<Record<string, string>> = {
  uuid: "UUID",
  "date-time": "time (RFC 3339)",
  email: "email address",
};

function exampleObject(schema: JsonSchema, components: Readonly<Record<string, JsonSchema>>) {
  const members = Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>);
  const required = members.filter(([name]) => isRequired(schema, name));
  const shown = required.length > 0 ? required : members.slice(0, 1);
  return Object.fromEntries(shown.map(([name, part]) => [name, exampleOf(part, components)]));
}

function membersHtml(schema: JsonSchema): string | undefined {
  if (schema.properties === undefined) return undefined;
  const members = Object.entries(schema.properties as Record<string, JsonSchema>);
  return `<ul class="members">${members.map(([name, part]) => memberHtml(name, part, isRequired(schema, name))).join("")}</ul>`;
}

function memberHtml(name: string, schema: JsonSchema, required: boolean): string {
  const { items } = schema as { items?: JsonSchema };
  const nested = membersHtml(schema) ?? (items === undefined ? undefined : membersHtml(items));
  const fallback =
    schema.default === undefined
      ? ""
      : ` <span class="default">default ${code(schema.default)}</span>`;
  const mark = required ? ' <span class="required">required</span>' : "";
  const text =
    typeof schema.description === "string"
      ? `<div>${inlineMarkdown(schema.description)}</div>`
      : "";
  return `<li><code>${escapeHtml(name)}</code> <span class="type">${typeHtml(schema)}</span>${mark}${fallback}${text}${nested ?? ""}</li>`;
}

function isRequired(schema: JsonSchema, name: string): boolean {
  return ((schema.required ?? []) as readonly string[]).includes(name);
}

function linkHtml({ $ref }: JsonSchema): string | undefined {
  if (typeof $ref !== "string") return undefined;
  const name = componentName($ref);
  if (name === "Id") return "UUID";
  return `<a href="#${anchor("schema", name)}">${escapeHtml(name)}</a>`;
}

const componentName = (reference: string) => reference.split("/").at(-1) ?? "";

function limits(schema: JsonSchema): string {
  const said = [
    rangeText(schema.minimum, schema.maximum, ""),
    rangeText(schema.minLength, schema.maxLength, " characters"),
    rangeText(schema.minItems, schema.maxItems, " items"),
  ].filter((text) => text !== "");
  return said.map((text) => `, ${text}`).join("");
}

function rangeText(from: unknown, to: unknown, unit: string): string {
  if (from !== undefined && to !== undefined) return `${from} to ${to}${unit}`;
  if (from !== undefined) return `at least ${from}${unit}`;
  return to === undefined ? "" : `at most ${to}${unit}`;
}

function code(value: unknown): string {
  return `<code>${escapeHtml(typeof value === "string" && value !== "" ? value : JSON.stringify(value))}</code>`;
}
