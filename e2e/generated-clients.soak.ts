import { execFile } from "node:child_process";
import { copyFile, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sampled } from "../packages/server/src/testing/soak.ts";
import { generators } from "./foreign/generators.ts";
import { installForeign } from "./foreign/install-foreign.ts";
import {
  newDataDir,
  removeDataDir,
  type ServerProcess,
  startServerProcess,
} from "./server-process.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "..");
const programs = join(root, "node_modules/.bin");
const password = "first-admin-pass-1";
/** The others take seconds more to install and to generate. */
const tried = sampled(generators, generators.length);

let server: ServerProcess;
const folders: string[] = [];

beforeAll(async () => {
  server = await startServerProcess(await newDataDir(), {
    TESSERA_ADMIN_EMAIL: "ada@example.org",
    TESSERA_ADMIN_PASSWORD: password,
  });
});
afterAll(async () => {
  await server?.stop();
  await removeDataDir(server.dataDir);
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

test.each(tried)(
  "what $name generates with its defaults compiles, and signs in and runs a journey",
  async ({ name, files = {}, command: [program, ...parameters], program: text }) => {
    const installed = await installForeign(name);
    const folder = await mkdtemp(join(tmpdir(), "tessera-generated-"));
    folders.push(folder);
    const modules = join(installed, "node_modules");
    await symlink(modules, join(folder, "node_modules"), "junction");
    await copyFile(join(root, "docs/reference/openapi.json"), join(folder, "openapi.json"));
    for (const [file, content] of Object.entries({ ...files, "program.ts": text })) {
      await writeFile(join(folder, file), content);
    }
    const options = {
      cwd: folder,
      env: { PATH: process.env.PATH, TESSERA_URL: server.url, TESSERA_PASSWORD: password },
    };
    await run(process.execPath, [join(modules, program), ...parameters], options);
    expect(await findTypeErrors(folder)).toBe("");
    const bundle = ["program.ts", "--file", "program.mjs", "--platform", "node"];
    await run(join(programs, "rolldown"), bundle, options);
    const { stdout } = await run(process.execPath, ["program.mjs"], options);
    expect(stdout).toBe("pump scope_missing\n");
  },
);

/** What the compiler finds in the program and in all that was generated for it. */
async function findTypeErrors(folder: string): Promise<string> {
  const options = {
    strict: true,
    noEmit: true,
    module: "esnext",
    moduleResolution: "bundler",
    allowImportingTsExtensions: true,
    target: "es2022",
    lib: ["es2023", "dom", "dom.iterable"],
    types: ["node"],
    typeRoots: [join(root, "node_modules/@types")],
  };
  const config = { compilerOptions: options, files: ["program.ts"] };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
  return run(join(programs, "tsc"), ["--project", folder]).then(
    () => "",
    (error: { stdout?: string; message: string }) => error.stdout ?? error.message,
  );
}
