import { AppError } from "@tessera/contract";
import { pino } from "pino";
import packageFile from "../package.json" with { type: "json" };
import { ConfigError, callersFolder, listIgnoredVariables, loadConfig } from "./config.ts";
import { type Command, CommandError, helpText, readCommand } from "./operator/command-line.ts";
import { runCommand } from "./operator/run-command.ts";
import { start } from "./start.ts";
import { classifyDriverError } from "./store/driver-errors.ts";
import { DatabaseSetupError } from "./store/setup-error.ts";

const failed = 1;
const notUnderstood = 2;

try {
  await run(process.argv.slice(2));
} catch (error) {
  const text = isOperatorsMatter(error) ? error.message : (error as Error).stack;
  const isStart = process.argv.length === 2;
  process.stderr.write(`${isStart ? "Tessera cannot start" : "tessera"}: ${text}\n`);
  process.exit(error instanceof CommandError ? notUnderstood : failed);
}

async function run(typed: readonly string[]): Promise<void> {
  const command = readCommand(typed);
  if (command.kind === "start") return start(loadConfig(), listIgnoredVariables());
  process.stdout.write(await say(command));
}

async function say(command: Exclude<Command, { readonly kind: "start" }>): Promise<string> {
  if (command.kind === "help") return helpText;
  if (command.kind === "version") return `${packageFile.version}\n`;
  // What the command says goes to the one output, what it warns of to the other.
  const log = pino({ level: "warn" }, pino.destination(2));
  return runCommand(command, { config: loadConfig(), log, folder: callersFolder() });
}

/** A wrong setting, another version's database, a taken port or a full disk needs a sentence, not a stack. */
function isOperatorsMatter(error: unknown): error is Error {
  const kinds = [AppError, CommandError, ConfigError, DatabaseSetupError];
  if (kinds.some((kind) => error instanceof kind)) return true;
  if (["unavailable", "storage_full"].includes(classifyDriverError(error).kind)) return true;
  const { code } = error as { code?: unknown };
  return typeof code === "string" && /^E(?!RR_)[A-Z]+$/.test(code);
}
