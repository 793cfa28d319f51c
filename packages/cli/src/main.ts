#!/usr/bin/env node
import { runCommand } from "./commands.ts";
import { readEnvironment } from "./environment.ts";
import { exitCodeOf } from "./exit-codes.ts";
import { explainFailure } from "./failures.ts";
import { useProxies } from "./proxies.ts";
import { createTerminal } from "./terminal.ts";

// Whoever reads the output may stop in the middle, as `head` does.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

try {
  useProxies(process.env);
  const surroundings = {
    environment: readEnvironment(process.env),
    terminal: createTerminal(process.stdin, process.stderr),
  };
  process.stdout.write(await runCommand(process.argv.slice(2), surroundings));
} catch (error) {
  process.stderr.write(`tessera: ${explainFailure(error)}\n`);
  process.exitCode = exitCodeOf(error);
} finally {
  // What nobody asked for is not waited for.
  process.stdin.destroy();
}
