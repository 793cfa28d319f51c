import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { packSdk } from "../scripts/pack-sdk.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "..");

/** A folder of a program that has installed the SDK as it is published, and its dependencies as they are here. */
export interface PackedSdk {
  readonly folder: string;
  /** The paths in the package, without its own folder. */
  readonly files: readonly string[];
  remove(): Promise<void>;
}

export async function installPackedSdk(): Promise<PackedSdk> {
  const folder = await mkdtemp(join(tmpdir(), "tessera-program-"));
  const packed = packSdk(folder);
  const modules = join(folder, "node_modules");
  const own = join(modules, "@tessera/sdk");
  await mkdir(own, { recursive: true });
  await run("tar", ["-xzf", packed, "-C", own, "--strip-components=1"]);
  for (const name of ["zod", "@types"]) {
    await symlink(join(root, "node_modules", name), join(modules, name), "junction");
  }
  const { stdout } = await run("tar", ["-tzf", packed]);
  return {
    folder,
    files: stdout
      .trim()
      .split("\n")
      .map((path) => path.replace(/^package\//, "")),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** What the compiler finds wrong in these files of the folder, which may be JavaScript; a line for each. */
export async function findTypeErrors(folder: string, files: readonly string[]): Promise<string> {
  const options = [
    ...["--ignoreConfig", "--noEmit", "--strict", "--allowJs", "--checkJs"],
    ...["--module", "nodenext", "--target", "es2022", "--lib", "es2023,dom,dom.iterable"],
    ...["--types", "node"],
  ];
  const compiler = join(root, "node_modules/.bin/tsc");
  return run(compiler, [...options, ...files], { cwd: folder }).then(
    () => "",
    (error: { stdout?: string; message: string }) => error.stdout ?? error.message,
  );
}
