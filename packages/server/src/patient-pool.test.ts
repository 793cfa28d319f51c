import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

/** Prints the names of all threads of a process that has called it, each with how much it gives way to the first. */
const program = `
  import { readdirSync, readFileSync } from "node:fs";
  import { getPriority } from "node:os";
  const { makePoolPatient } = await import(process.argv[1]);
  await makePoolPatient();
  const threads = process.platform === "linux" ? readdirSync("/proc/self/task") : [];
  console.log(JSON.stringify(threads.map((task) => [
    readFileSync("/proc/self/task/" + task + "/comm", "utf8").trim(),
    getPriority(Number(task)) - getPriority(),
  ])));`;

test("on Linux the thread that answers goes before the pool in which passwords are proven, and before nothing else", async () => {
  const module = import.meta.resolve("./patient-pool.ts");
  const options = ["--input-type=module", "--eval", program, module];
  const { stdout } = await promisify(execFile)(process.execPath, options);
  const threads: readonly (readonly [string, number])[] = JSON.parse(stdout);
  const inPool = threads.filter(([name]) => name === "libuv-worker");
  expect(inPool.length > 0).toBe(process.platform === "linux");
  for (const [name, patience] of threads) expect(patience > 0).toBe(name === "libuv-worker");
});
