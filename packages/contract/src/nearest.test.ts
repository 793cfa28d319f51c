import { expect, test } from "vitest";
import { editDistance, nearest, nearlySame } from "./nearest.ts";

const zones = Intl.supportedValuesOf("timeZone");

test.each(["Europe/Berln", "europe/berlin", "America/New York", "Asia/Tokio", "UTX", ""])(
  "what is nearest to %j takes as few edits as any",
  (word) => {
    const fewest = Math.min(...zones.map((zone) => editDistance(word, zone)));
    expect(editDistance(word, nearest(word, zones))).toBe(fewest);
  },
);

test.each([
  ["Europe/Berln", "Europe/Berlin"],
  ["Asia/Tokio", "Asia/Tokyo"],
  [`A${"b".repeat(62)}`, undefined],
  ["Etc/Nowhere-at-all-in-the-world", undefined],
  ["", undefined],
])("a word that may be meant for %j is found where most of its letters stay", (word, near) => {
  expect(nearlySame(word, zones)).toBe(near);
});

test.each([
  ["kitten", "sitting", 3],
  ["", "abc", 3],
  ["abc", "", 3],
  ["abc", "abc", 0],
  ["flaw", "lawn", 2],
])("from %j to %j it takes %d edits", (from, to, count) => {
  expect(editDistance(from, to)).toBe(count);
  expect(editDistance(to, from)).toBe(count);
});
