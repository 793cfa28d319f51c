import { expect, test } from "vitest";
import { changedFields } from "./changed-fields.ts";

const tagsOf = (first: string) =>
  Array.from({ length: 100 }, (_, index) => `${first}${index}`.padEnd(254, '"'));

test("what changed of a list is told as it is, in its order", () => {
  const { changed } = changedFields({ tags: ["b", "a"] }, { tags: ["a", "c"] });
  expect(changed).toEqual({ tags: { before: ["b", "a"], after: ["a", "c"] } });
  expect(changedFields({ tags: ["a"] }, { tags: ["a"] }).changed).toEqual({});
});

test("of lists that hold very much is told what went and what came, and how many others there were", () => {
  const many = tagsOf("a");
  const { changed } = changedFields({ tags: [...many, "old"] }, { tags: [...many, "new"] });
  expect(changed).toEqual({
    tags: { before: ["old", "… 100 more"], after: ["new", "… 100 more"] },
  });
});

test("no change of a list is told in more letters than that of a text", () => {
  const { changed } = changedFields({ tags: tagsOf("a") }, { tags: tagsOf("b") });
  expect(changed.tags).toEqual({
    before: [...tagsOf("a").slice(0, 3), "… 97 more"],
    after: [...tagsOf("b").slice(0, 3), "… 97 more"],
  });
  const texts = changedFields({ text: "a".repeat(5_000) }, { text: "b".repeat(5_000) });
  expect(texts.changed.text?.after).toHaveLength(1_001);
});
