import { expect, test } from "vitest";
import { countItems } from "./count-items.ts";

test("an object is one item, and its lists are as many more", () => {
  expect(countItems(undefined)).toBe(1);
  expect(countItems({ name: "a", tags: ["x", "y"], metadata: { list: [1, 2, 3] } })).toBe(3);
});

test("of a list all objects count with the lists in them", () => {
  const object = { name: "a", tags: ["x", "y", "z"] };
  expect(countItems([object, object, { name: "b" }])).toBe(9);
});

test("lists of ids count by their pairs, and what is named twice once", () => {
  const ids = ["1", "2", "2", "1"];
  expect(countItems({ channel_ids: ids, client_ids: [...ids, "3"], types: ["publish"] })).toBe(7);
});
