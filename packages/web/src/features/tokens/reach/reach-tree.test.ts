import { expect, test } from "vitest";
import { placeObjects, type ReachedObject } from "./reach-tree.ts";

const view = [{ summary: "View a client", isAllowed: true }];
const client = (id: string, groupId?: string, operations = view): ReachedObject => ({
  type: "clients",
  id,
  name: id.toUpperCase(),
  groupId,
  operations,
});
const groups = [
  { id: "plant", name: "Plant" },
  { id: "hall", name: "Hall", parentId: "plant" },
  { id: "empty", name: "Empty", parentId: "plant" },
  { id: "orphan", name: "Orphan", parentId: "unseen" },
];

test("what is reached lies in its groups, from the top, and groups without anything are not drawn", () => {
  const top = placeObjects([client("a"), client("b", "hall"), client("c", "orphan")], groups);
  const names = (places: typeof top.places): unknown =>
    places.map(({ group, bundles, places: inner }) => [
      group?.name,
      bundles.flatMap(({ objects }) => objects.map(({ id }) => id)),
      names(inner),
    ]);
  expect(top.bundles.flatMap(({ objects }) => objects.map(({ id }) => id))).toEqual(["a"]);
  expect(names(top.places)).toEqual([
    ["Plant", [], [["Hall", ["b"], []]]],
    ["Orphan", ["c"], []],
  ]);
});

test("what lies in a group that nobody may see lies at the top", () =>
  expect(placeObjects([client("a", "unseen")], groups).bundles).toHaveLength(1));

test("objects with which the same can be done stand together, and no others", () => {
  const refused = [{ summary: "View a client", isAllowed: false }];
  const { bundles } = placeObjects(
    [client("a"), client("b"), client("c", undefined, refused), { ...client("d"), type: "groups" }],
    [],
  );
  expect(bundles.map(({ type, objects }) => [type, objects.map(({ id }) => id)])).toEqual([
    ["clients", ["a", "b"]],
    ["clients", ["c"]],
    ["groups", ["d"]],
  ]);
});
