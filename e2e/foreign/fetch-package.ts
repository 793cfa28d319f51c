import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { foreignCache } from "./install-foreign.ts";

const run = promisify(execFile);

interface Published {
  readonly name: string;
  readonly version: string;
  /** As npm writes it: `sha512-…` of the package. */
  readonly integrity: string;
}

/** Brings one published package without what it depends on, once, and returns its folder. */
export async function fetchPackage({ name, version, integrity }: Published): Promise<string> {
  const folder = join(foreignCache, `${name.replaceAll(/\W+/g, "-")}-${version}`);
  if (existsSync(folder)) return folder;
  mkdirSync(foreignCache, { recursive: true });
  const staging = mkdtempSync(join(foreignCache, "package-"));
  try {
    const { stdout } = await run(
      "npm",
      ["pack", `${name}@${version}`, "--json", "--ignore-scripts", "--prefer-offline"],
      { cwd: staging, shell: process.platform === "win32" },
    );
    const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
    const file = join(staging, filename);
    const digest = createHash("sha512").update(readFileSync(file)).digest("base64");
    if (`sha512-${digest}` !== integrity) throw new Error(`${name} is not what was published`);
    await run("tar", ["-xzf", file, "-C", staging]);
    if (!existsSync(folder)) renameSync(join(staging, "package"), folder);
    return folder;
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}
