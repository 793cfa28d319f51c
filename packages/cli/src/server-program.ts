import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "./usage-error.ts";

/** What needs the server's own files: it asks nothing over the network, and proves nobody. */
const words: readonly string[] = [
  "backup",
  "restore",
  "admin",
  "migrate",
  "move",
  "keys",
  "doctor",
];
/** Likewise of two words: other commands about the audit trail ask the server. */
const wordPairs: readonly string[] = ["audit verify"];
const program = join(import.meta.dirname, "../../server/src/main.ts");

export function isForServerProgram([word = "", next = ""]: readonly string[]): boolean {
  return words.includes(word) || wordPairs.includes(`${word} ${next}`);
}

/** Lets the server's program do it, on the machine where that is; resolves to its exit code. */
export async function runServerProgram(typed: readonly string[]): Promise<number> {
  if (!existsSync(program)) {
    throw new UsageError(`${typed[0]} works on the machine of the server, in its checkout`);
  }
  const child = spawn(process.execPath, [program, ...typed], { stdio: "inherit" });
  const [code] = (await once(child, "exit")) as [number | null];
  return code ?? 1;
}
