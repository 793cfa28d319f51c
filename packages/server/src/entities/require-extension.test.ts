import { builtInEntityTypes, createCatalogue, type EntityType } from "@tessera/contract";
import { expect, test } from "vitest";
import { z } from "zod";
import { sensors } from "../testing/sensors.ts";
import { startApp } from "../testing/start-app.ts";
import { testDatabases } from "../testing/test-databases.ts";
import { requireExtension } from "./require-extension.ts";

const weight = z.object({ weight: z.int().optional() });

/** The type with one more member in what an endpoint of it is given or answers. */
function withMember(name: string, part: "body" | "query" | "reply"): EntityType {
  const extend = (rows: EntityType["operations"]) =>
    rows.map((row) => ({
      ...row,
      endpoints: row.endpoints.map((endpoint) =>
        endpoint.id === `sensors.${name}`
          ? { ...endpoint, [part]: (endpoint[part] as z.ZodObject).extend(weight.shape) }
          : endpoint,
      ),
    }));
  return {
    ...sensors,
    operations: extend(sensors.operations),
    domainOperations: extend(sensors.domainOperations),
  };
}

test("a type of which all types keep everything needs no extension", () => {
  expect(() => requireExtension(sensors, {})).not.toThrow();
});

test.each([
  ["create", "body", "insert"],
  ["update", "body", "update"],
  ["view", "reply", "reply"],
  ["list", "query", "listFilters"],
] as const)(
  "a member of its own in what %s has as its %s is named where no extension is there for it",
  (name, part, needed) => {
    const type = withMember(name, part);
    expect(() => requireExtension(type, {})).toThrow(
      `sensors.${name} has the member weight, which the extension of sensors must have \`${needed}\` for`,
    );
    expect(() => requireExtension(type, { [needed]: () => [] })).not.toThrow();
  },
);

test("a server does not start with a type whose extension was forgotten", async () => {
  const [kind] = testDatabases;
  if (kind === undefined) throw new Error("the tests have no database");
  const catalogue = createCatalogue([], [...builtInEntityTypes, withMember("create", "body")]);
  const testDatabase = await kind.open();
  const starting = startApp({ ...kind, open: async () => testDatabase }, { catalogue });
  await expect(starting).rejects.toThrow("sensors.create has the member weight");
  await testDatabase.close();
});
