#!/usr/bin/env node
import { runCommand } from "./commands.ts";
import { readEnvironment } from "./environment.ts";
import { exitCodeOf } from "./exit-codes.ts";
import { explainFailure } from "./failures.ts";
import { useProxies } from "./proxies.ts";
import { isForServerProgram, runServerProgram } from "./server-program.ts";
import { createTerminal } from "./terminal.ts";

// Whoever reads the output may stop in the middle, as `head` does.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

const typed = process.argv.slice(2);
try {
  if (isForServerProgram(typed)) process.exitCode = await runServerProgram(typed);
  else process.stdout.write(await runTyped());
} catch (error) {
  process.stderr.write(`tessera: ${explainFailure(error)}\n`);
  process.exitCode = exitCodeOf(error);
} finally {
  // What nobody asked for is not waited for.
  process.stdin.destroy();
}

async function runTyped(): Promise<string> {
  useProxies(process.env);
  const surroundings = {
    environment: readEnvironment(process.env),
    terminal: createTerminal(process.stdin, process.stderr),
  };
  return runCommand(typed, surroundings);
}
