import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";

const here = import.meta.dirname;
/** Lives as long as the project's own packages. */
export const foreignCache = join(here, "../../node_modules/.cache/tessera-foreign");

/**
 * Installs what a folder here locks, once, and returns where: programs of others that tests use, and that nobody needs
 * who only runs the server. Nothing of them runs while they are installed.
 */
export async function installForeign(name: string): Promise<string> {
  const source = join(here, name);
  const locked = readFileSync(join(source, "package-lock.json"));
  const digest = createHash("sha256").update(locked).digest("hex").slice(0, 12);
  const folder = join(foreignCache, `${name}-${digest}`);
  if (existsSync(folder)) return folder;
  mkdirSync(foreignCache, { recursive: true });
  const staging = mkdtempSync(join(foreignCache, `${name}-`));
  try {
    for (const file of ["package.json", "package-lock.json"]) {
      copyFileSync(join(source, file), join(staging, file));
    }
    const { status, stderr } = spawnSync(
      "npm",
      ["ci", "--ignore-scripts", "--no-audit", "--prefer-offline"],
      { cwd: staging, encoding: "utf8", shell: process.platform === "win32" },
    );
    if (status !== 0) throw new Error(`npm could not install ${name}:\n${stderr}`);
    if (!existsSync(folder)) renameSync(staging, folder);
    return folder;
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}
