import { expect, test } from "vitest";
import { addScopes } from "./scope-set.ts";

const one = { domainId: "d", entityType: "clients", operation: "view", entityId: "c1" };
const two = { ...one, entityId: "c2" };
const all = { ...one, entityId: "*" };
const stored = (scope: typeof one) => ({ ...scope, id: `id-${scope.entityId}` });

test("works out a thousand scopes against a thousand without comparing each with each", () => {
  let reads = 0;
  const many = Array.from({ length: 1_000 }, (_, index) => {
    const scope = { ...stored({ ...one, operation: `op-${index}` }) };
    return Object.defineProperty(scope, "entityType", {
      enumerable: true,
      get: () => {
        reads += 1;
        return "clients";
      },
    });
  });
  const added = many.map((_, index) => ({ ...all, operation: `op-${index}` }));
  const addition = addScopes(many, added);
  expect(addition).toMatchObject({ removeIds: many.map(({ id }) => id) });
  expect(reads).toBeLessThan(20_000);
});

test("adds what is new", () => {
  expect(addScopes([stored(one)], [two])).toEqual({ insert: [two], removeIds: [] });
});

test("lets a scope for all objects take the place of those for single ones, however many", () => {
  expect(addScopes([stored(one), stored(two)], [all])).toEqual({
    insert: [all],
    removeIds: ["id-c1", "id-c2"],
  });
  expect(addScopes([], [one, two, all])).toEqual({ insert: [all], removeIds: [] });
});

test("leaves scopes of other operations, types and domains alone when one for all comes", () => {
  const others = [
    { ...one, operation: "update" },
    { ...one, domainId: "d2" },
    { ...one, entityType: "channels" },
  ].map((scope, index) => ({ ...scope, id: String(index) }));
  expect(addScopes(others, [all])).toEqual({ insert: [all], removeIds: [] });
});

test.each([
  ["the same scope", [stored(one)], [two, one], 1],
  ["one that a scope for all covers", [stored(all)], [one], 0],
  ["a second one for all", [stored(all)], [all], 0],
  ["the same scope twice at once", [], [one, one], 1],
  ["one after one for all at once", [], [all, one], 1],
])("refuses %s, naming its place", (_, present, added, conflictAt) => {
  expect(addScopes(present, added)).toMatchObject({ conflictAt });
});
