import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
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

test("a Node that npm installed and that does not run is told of with what it lacks", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tessera-setup-"));
  try {
    const bin = join(folder, "node_modules", ".bin");
    await mkdir(bin, { recursive: true });
    await mkdir(join(folder, "scripts"));
    // One package, which is there.
    const lock = JSON.stringify({ packages: { "node_modules/one": { version: "1.0.0" } } });
    await writeFile(join(folder, "package-lock.json"), lock);
    await writeFile(join(folder, "node_modules", ".package-lock.json"), lock);
    const lacking = "error while loading shared libraries: libatomic.so.1: cannot open";
    await writeFile(join(bin, "node"), `#!/bin/sh\necho "node: ${lacking}" >&2\nexit 127\n`, {
      mode: 0o755,
    });
    const source = readFileSync(join(root, "scripts", "setup.mjs"), "utf8");
    // So that no other Node of this machine is new enough.
    const demanding = source.replace(/(?<=const oldestNodeMajor = )\d+/, "999");
    expect(demanding).not.toBe(source);
    await writeFile(join(folder, "scripts", "setup.mjs"), demanding);
    await copyFile(
      join(root, "scripts", "installed-programs.mjs"),
      join(folder, "scripts", "installed-programs.mjs"),
    );
    const { status, stderr } = spawnSync(process.execPath, [join(folder, "scripts", "setup.mjs")], {
      encoding: "utf8",
    });
    expect(status).toBe(1);
    expect(stderr).toContain(`does not run here: node: ${lacking}`);
    expect(stderr).toContain("apt-get install libatomic1");
  } finally {
    await rm(folder, { recursive: true });
  }
});
