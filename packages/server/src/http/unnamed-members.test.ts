import { expect, test } from "vitest";
import { z } from "zod";
import { requireFewUnnamed, shapeOf } from "./unnamed-members.ts";

const thing = z.object({
  name: z.string(),
  tags: z.array(z.string()).optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
  scopes: z.array(z.object({ id: z.string() })).optional(),
});
const shape = shapeOf(z.union([thing, z.array(thing)]));

const members = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`u${index}`, index]));
/** What is said of the body, and of which part of it. */
const refusalOf = (body: unknown, of = shape): unknown => {
  try {
    requireFewUnnamed(typeof body === "string" ? body : JSON.stringify(body), of);
  } catch (error) {
    const { code, details, message } = error as {
      code: string;
      details: { field?: string };
      message: string;
    };
    return [code, details.field, message.includes("nobody knows")];
  }
  return undefined;
};

test.each<[string, unknown, unknown]>([
  ["a few", { name: "n", ...members(100) }, undefined],
  ["many of one object", { name: "n", ...members(101) }, ["invalid_body", undefined, true]],
  ["many of an element", [{}, members(101)], ["invalid_body", "1", true]],
  [
    "many of an element's element",
    [{ scopes: [{}, members(101)] }],
    ["invalid_body", "0.scopes.1", true],
  ],
  ["much in one member", { other: members(300) }, ["invalid_body", undefined, true]],
  ["much in a list in one member", [{ other: Array(201).fill(0) }], ["invalid_body", "0", true]],
  [
    "an object where a text belongs",
    [{ tags: [members(101)] }],
    ["invalid_body", "0.tags.0", true],
  ],
  ["a few of very many objects", Array(1_000).fill(members(21)), ["invalid_body", undefined, true]],
  ["names in another case", { NAME: "n", Metadata: members(500) }, undefined],
  [
    "metadata, whatever is in it",
    [{ metadata: { a: members(400), b: [members(400)] } }],
    undefined,
  ],
  ["a long list that belongs there", { tags: Array(1_000).fill('"{,[\\') }, undefined],
  ["a text that is no JSON", '{"name": "]}{[,\\', undefined],
])("%s that the schema does not name", (_, body, refusal) => {
  expect(refusalOf(body)).toEqual(refusal);
});

test("free JSON has so many members and elements, and a body so many names in it", () => {
  const names = (from: number, count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`n${from + index}`, 0]));
  const refused = (body: unknown) => (refusalOf(body) as unknown[] | undefined)?.slice(0, 2);
  expect(refused({ metadata: names(0, 5_000) })).toBeUndefined();
  expect(refused([{}, { metadata: names(0, 5_001) }])).toEqual(["invalid_body", "1.metadata"]);
  expect(refused({ metadata: { a: { b: [...Array(5_000)].fill(0) } } })).toEqual([
    "invalid_body",
    "metadata",
  ]);
  const same = [...Array(9)].fill({ metadata: names(0, 4_900) });
  expect(refused(same)).toBeUndefined();
  const others = same.map((_, index) => ({ metadata: names(index * 4_900, 4_900) }));
  expect(refused(others)).toEqual(["invalid_body", undefined]);
});

test("free JSON names nothing, and nothing in it is counted", () => {
  expect(refusalOf(members(1_000), shapeOf(z.unknown()))).toBeUndefined();
});
