import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..");

test("a start needs no package that an install for production leaves out", () => {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const files = [
    ...globSync("packages/{contract,server,sdk,cli,web}/src/**/*.{ts,tsx}", { cwd: root }),
    "packages/web/vite.config.ts",
  ].filter((file) => !/\.test\.tsx?$|\/testing\//.test(file));
  const imported = new Set(
    files.flatMap((file) => {
      const source = readFileSync(join(root, file), "utf8");
      const imports = source.matchAll(/(?:^import|\bfrom) "([^".][^"]*)";$/gm);
      return [...imports].map(([, name = ""]) => name);
    }),
  );
  const names = [...imported]
    .filter((name) => !name.startsWith("node:"))
    .map((name) =>
      name
        .split("/")
        .slice(0, name.startsWith("@") ? 2 : 1)
        .join("/"),
    );
  expect(names).toEqual(expect.arrayContaining(["vite", "@vitejs/plugin-react", "fastify", "pg"]));
  const leftOut = names.filter((name) => {
    const places = Object.entries<{ dev?: boolean }>(packages).filter(([place]) =>
      place.endsWith(`node_modules/${name}`),
    );
    return places.length === 0 || places.every(([, { dev }]) => dev === true);
  });
  expect([...new Set(leftOut)]).toEqual([]);
});
