import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const rows = readFileSync(join(root, "SECURITY.md"), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| **"));

/** The names of tests in the last column. */
const named = rows.map((row) => {
  const shownBy = row.split(" | ").at(-1) ?? "";
  return [...shownBy.matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? "");
});

/** Where a test of that name may be; without a folder it stands beside the one that is named before it. */
function placesOf(name: string, before: string): readonly string[] {
  const folder = name.includes("/") ? "" : dirname(before);
  return [join("packages/server/src", folder, name), join("packages/server/src", name), name];
}

test("every test that the security page names is there", () => {
  const missing = named.flatMap((names) =>
    names.filter((name, index) => {
      const places = placesOf(name, names[index - 1] ?? "");
      return !places.some((place) =>
        [".test.ts", ".soak.ts"].some((ending) => existsSync(join(root, place + ending))),
      );
    }),
  );
  expect(missing).toEqual([]);
  expect(named.flat().length).toBeGreaterThan(100);
});

test("every threat and promise of the security page names the test that shows it", () => {
  const bare = rows.filter((row, index) => !/Shown by/.test(row) && named[index]?.length === 0);
  expect(bare).toEqual([]);
});
