import fc from "fast-check";
import { sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { onEveryDatabase } from "../testing/on-every-database.ts";
import type { TestDatabase } from "../testing/test-databases.ts";
import { jsonContains } from "./json-containment.ts";

const cases: [stored: string, wanted: string, isContained: boolean][] = [
  ["{}", "{}", true],
  ['{"a":1,"b":2}', '{"a":1}', true],
  ['{"a":1}', '{"a":1,"b":2}', false],
  ['{"a":1}', '{"a":1.0}', true],
  ['{"a":1}', '{"a":"1"}', false],
  ['{"a":null}', '{"a":null}', true],
  ["{}", '{"a":null}', false],
  ['{"a":{"b":1,"c":2}}', '{"a":{"b":1}}', true],
  ['{"a":{"b":{"c":1}}}', '{"b":{"c":1}}', false],
  ['{"a":{"b":1}}', '{"a":{}}', true],
  ['{"a":1}', '{"a":{}}', false],
  ["[1,2,3]", "[3,1]", true],
  ["[1,2,3]", "[1,1]", true],
  ["[1,2,3]", "[4]", false],
  ["[1,2,3]", "[]", true],
  ["[[1,2],3]", "[[1]]", true],
  ["[[1,2],3]", "[1]", false],
  ['[{"a":1,"b":2},{"a":2}]', '[{"a":2}]', true],
  ['[{"a":1},{"b":2}]', '[{"a":1,"b":2}]', false],
  ['{"tags":["x","y"]}', '{"tags":["y"]}', true],
  ['{"tags":["x","y"]}', '{"tags":"y"}', false],
  ['["x","y"]', '"y"', true],
  ['"y"', '["y"]', false],
  ['"y"', '"y"', true],
  ["{}", "[]", false],
  ["[]", "{}", false],
  ['{"é":"ü"}', '{"é":"ü"}', true],
  ['{"__proto__":1}', '{"__proto__":1}', true],
  ['{"a":1}', '{"toString":null}', false],
  ['{"a":"it\'s \\"?\\" $1"}', '{"a":"it\'s \\"?\\" $1"}', true],
];

onEveryDatabase("JSON containment", (kind) => {
  let opened: TestDatabase;
  beforeAll(async () => {
    opened = await kind.open();
  });
  afterAll(() => opened.close());

  test.each(cases)("%s contains %s: %j", async (stored, wanted, isContained) => {
    const { database } = opened;
    const column = sql<string>`cast(${stored} as text)`;
    const { found } = await database.read
      .selectNoFrom(database.jsonContains(column, JSON.parse(wanted)).as("found"))
      .executeTakeFirstOrThrow();
    expect(Boolean(found)).toBe(isContained);
  });
});

test("containment is PostgreSQL's own over random documents", async () => {
  const pairs = fc.sample(fc.tuple(smallJson(), smallJson()), { numRuns: 5_000, seed: 7 });
  const client = new pg.Client(process.env.TESSERA_TEST_POSTGRES_URL);
  await client.connect();
  const { rows } = await client.query<{ found: boolean }>(
    "select stored::jsonb @> wanted::jsonb as found from unnest($1::text[], $2::text[]) as pair (stored, wanted)",
    [
      pairs.map(([stored]) => JSON.stringify(stored)),
      pairs.map(([, wanted]) => JSON.stringify(wanted)),
    ],
  );
  await client.end();
  expect(rows.filter(({ found }) => found).length).toBeGreaterThan(300);
  const differing = pairs.filter(
    ([stored, wanted], index) => jsonContains(stored, wanted) !== rows[index]?.found,
  );
  expect(differing).toEqual([]);
});

test("an array is walked once for all wanted scalars, and once more for each wanted object", () => {
  let reads = 0;
  const items = Array.from({ length: 1_000 }, (_, index) => index);
  const stored = new Proxy(items, {
    get: (target, key, receiver) => {
      reads += Number(typeof key === "string" && /^\d+$/.test(key));
      return Reflect.get(target, key, receiver);
    },
  });
  expect(jsonContains(stored, [...items.slice(0, 90), "absent"])).toBe(false);
  expect(reads).toBe(1_000);
  expect(jsonContains(stored, [1, { a: 1 }, { b: 1 }])).toBe(false);
  expect(reads).toBeLessThanOrEqual(1_000 + 2 + 2 * 1_000);
});

type Small = null | number | string | Small[] | { [key: string]: Small };

/** So few keys and values that one document often contains another. */
function smallJson(): fc.Arbitrary<Small> {
  return fc.letrec<{ value: Small }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.constantFrom(null, 1, "a"),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom("a", "b"), tie("value"), { maxKeys: 2, noNullPrototype: true }),
    ),
  })).value;
}
