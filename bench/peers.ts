import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What a user would pick instead; each with what it wants beside it, as no lock file stands here. */
export const peerVersions = {
  "better-auth": "1.7.5",
  "@better-auth/api-key": "1.7.5",
  "@better-auth/core": "1.7.5",
  "@better-auth/utils": "0.4.2",
  "better-call": "1.4.0",
  casbin: "5.51.1",
  kysely: "0.29.9",
} as const;

/**
 * The folder in which the peers are installed, by npm and without running anything of theirs. Once: it stays among the
 * caches of `node_modules`, under the hash of the versions.
 */
export function installPeers(): string {
  const wanted = Object.entries(peerVersions).map(([name, version]) => `${name}@${version}`);
  const hash = createHash("sha256").update(wanted.join(" ")).digest("hex").slice(0, 12);
  const folder = join(import.meta.dirname, "../node_modules/.cache/tessera-bench-peers", hash);
  const finished = join(folder, "finished");
  if (existsSync(finished)) return folder;
  console.log(`Installing ${wanted.join(", ")} …`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  const options = ["--ignore-scripts", "--save-exact", "--no-audit", "--no-fund"];
  execFileSync("npm", ["install", ...options, ...wanted], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
    shell: process.platform === "win32",
  });
  writeFileSync(finished, "");
  return folder;
}
