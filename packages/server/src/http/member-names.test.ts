import { AppError, accountEndpoints, createCatalogue, type Endpoint } from "@tessera/contract";
import { expect, test } from "vitest";
import { z } from "zod";
import { createNameMembers } from "./member-names.ts";

const endpoints: readonly Endpoint[] = [...createCatalogue().endpoints(), ...accountEndpoints];

const schema = z.object({
  name: z.string().default(""),
  credentials: z.object({ identity: z.string().optional() }).default({}),
  metadata: z.record(z.string(), z.unknown()).default({}),
  scopes: z.array(z.object({ domain_id: z.string() })).optional(),
});
const read = createNameMembers(schema);
const readStrictly = createNameMembers(schema.strict());

test("members match in any case, nested ones and those of elements too", () => {
  const sent = {
    NAME: "a",
    Credentials: { IDENTITY: "i" },
    Scopes: [{ Domain_ID: "d" }, { domain_id: "e" }],
  };
  expect(read(sent)).toEqual({
    name: "a",
    credentials: { identity: "i" },
    scopes: [{ domain_id: "d" }, { domain_id: "e" }],
  });
});

test("free JSON keeps its names, also those that differ in case alone", () => {
  const metadata = { NAME: 1, Name: 2, name: 3, Credentials: { identity: 1, Identity: 2 } };
  expect(read({ MetaData: metadata })).toEqual({ metadata });
});

test.each([
  [{ name: 1, Name: 2 }, "name", ["name", "Name"]],
  [{ NAME: 1, name: 1 }, "name", ["NAME", "name"]],
  [{ credentials: { identity: 1, IDENTITY: 1 } }, "credentials.identity", ["identity", "IDENTITY"]],
  [
    { SCOPES: [{}, { domain_id: 1, DOMAIN_ID: 1 }] },
    "scopes.1.domain_id",
    ["domain_id", "DOMAIN_ID"],
  ],
  [{ metadata: {}, METADATA: {} }, "metadata", ["metadata", "METADATA"]],
])("%j says the same twice, which is told with both names", (sent, field, names) => {
  const refuse = () => read(sent);
  expect(refuse).toThrow(AppError);
  expect(refuse).toThrow(
    expect.objectContaining({ code: "invalid_body", details: { field } }) as Error,
  );
  for (const name of names) expect(refuse).toThrow(`"${name}"`);
});

test("what the schema does not name is dropped, and stays where the schema refuses it", () => {
  const sent = { name: "a", other: 1, Other: 2 };
  expect(read(sent)).toEqual({ name: "a" });
  expect(readStrictly(sent)).toEqual(sent);
});

test.each(["n\u0430me", "\u212Aey", "na\u017fe", "nameſ", "NAME ", "na_me"])(
  "%s only looks like a name: other letters match nothing",
  (name) => {
    expect(read({ [name]: 1 })).toEqual({});
    expect(readStrictly({ [name]: 1 })).toEqual({ [name]: 1 });
  },
);

test("no name reaches the prototype of an object", () => {
  const sent = JSON.parse(
    '{"__proto__":{"name":"x"},"Constructor":{"Prototype":{}},"__PROTO__":1}',
  );
  const named = readStrictly(sent) as object;
  expect(Object.getPrototypeOf(named)).toBe(Object.prototype);
  expect((named as { name?: string }).name).toBeUndefined();
  expect(Object.keys(named)).toEqual(["__proto__", "Constructor", "__PROTO__"]);
  expect(Object.keys(Object.prototype)).toEqual([]);
});

test.each([null, undefined, 7, "NAME", [{ NAME: 1 }], []])(
  "%j, which is no such body, stays",
  (body) => {
    expect(read(body)).toBe(body);
  },
);

test("a body that is one of several forms is read by the names of each", () => {
  const one = z.object({ domain_id: z.string() });
  const readEither = createNameMembers(z.union([one, z.array(one)]));
  expect(readEither({ DOMAIN_ID: "a" })).toEqual({ domain_id: "a" });
  expect(readEither([{ DOMAIN_ID: "a" }])).toEqual([{ domain_id: "a" }]);
});

test("every member that the schema of any endpoint names is found in any case", () => {
  for (const { id, body } of endpoints) {
    if (body === undefined) continue;
    const { sample, upper } = samplesOf(z.toJSONSchema(body, { io: "input" }));
    expect(createNameMembers(body)(upper), id).toEqual(sample);
  }
});

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

/** A value with all the names that a schema has, and the same with the names in capitals. */
function samplesOf(schema: JsonSchema | z.core.JSONSchema.BaseSchema): {
  sample: unknown;
  upper: unknown;
} {
  const { properties, items, anyOf } = schema as JsonSchema;
  if (anyOf !== undefined) return samplesOf(anyOf.at(-1) ?? {});
  if (items !== undefined) {
    const { sample, upper } = samplesOf(items);
    return { sample: [sample], upper: [upper] };
  }
  if (properties === undefined) return { sample: { Free: 1 }, upper: { Free: 1 } };
  const inner = Object.entries(properties).map(([name, of]) => [name, samplesOf(of)] as const);
  return {
    sample: Object.fromEntries(inner.map(([name, of]) => [name, of.sample])),
    upper: Object.fromEntries(inner.map(([name, of]) => [name.toUpperCase(), of.upper])),
  };
}
