#!/usr/bin/env node
import { createInterface } from "node:readline/promises";
import { readCommandLine, UsageError } from "./command-line.ts";
import { explainFailure, runCommand } from "./commands.ts";
import { readEnvironment } from "./profile.ts";

const refusedByServer = 1;
const notUnderstood = 2;

try {
  const text = await runCommand(
    readCommandLine(process.argv.slice(2)),
    readEnvironment(),
    readPassword,
  );
  if (text !== "") process.stdout.write(`${text}\n`);
} catch (error) {
  process.stderr.write(`tessera: ${explainFailure(error)}\n`);
  process.exitCode = error instanceof UsageError ? notUnderstood : refusedByServer;
}

/** One line of standard input. */
async function readPassword(): Promise<string> {
  const lines = createInterface({ input: process.stdin });
  if (process.stdin.isTTY) process.stderr.write("Password (shown while you type): ");
  for await (const line of lines) {
    lines.close();
    return line;
  }
  throw new UsageError("no password: set TESSERA_PASSWORD or give it on standard input");
}
