import { expect, test } from "vitest";
import { createRecentlyUsed } from "./recently-used.ts";

test("of more entries than there is room for the least recently used are forgotten, and told", () => {
  const forgotten: [number, string][] = [];
  const map = createRecentlyUsed<number>({
    maximumEntries: 3,
    onForgotten: (value, key) => void forgotten.push([value, key]),
  });
  for (const [index, key] of ["a", "b", "c"].entries()) map.set(key, index);
  map.get("a");
  map.set("d", 3);
  map.set("e", 4);
  expect(forgotten).toEqual([
    [1, "b"],
    [2, "c"],
  ]);
  expect([...map.keys()].toSorted()).toEqual(["a", "d", "e"]);
});

test("an entry that counts as several leaves room for fewer others", () => {
  const map = createRecentlyUsed<number>({ maximumEntries: 10, weightOf: (value) => value });
  for (const [key, weight] of [
    ["a", 3],
    ["b", 3],
    ["c", 3],
    ["d", 6],
  ] as const)
    map.set(key, weight);
  expect([...map.keys()].toSorted()).toEqual(["c", "d"]);
});

test("room for a million entries is not taken before they come", () => {
  // An array of a million places alone is 4 MB or more.
  const before = process.memoryUsage();
  const maps = Array.from({ length: 20 }, () =>
    createRecentlyUsed<number>({ maximumEntries: 1e6 }),
  );
  const after = process.memoryUsage();
  const bytes =
    after.heapUsed - before.heapUsed + Math.max(0, after.arrayBuffers - before.arrayBuffers);
  expect(maps).toHaveLength(20);
  expect(bytes).toBeLessThan(20e6);
});
