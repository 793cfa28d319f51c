import { type Logger, pino } from "pino";
import packageFile from "../package.json" with { type: "json" };
import { callersFolder, findConfigFile, listIgnoredVariables, loadConfig } from "./config.ts";
import { createLog } from "./log.ts";
import { requireClosedKeys } from "./open-settings.ts";
import {
  type Command,
  CommandError,
  type DoctorCommand,
  helpText,
  readCommand,
} from "./operator/command-line.ts";
import { runDoctor } from "./operator/doctor/doctor.ts";
import { failureText } from "./operator/failure-text.ts";
import { printable } from "./operator/printable.ts";
import { runCommand } from "./operator/run-command.ts";
import { exitCodes, type VerifyCommand, verifyAudit } from "./operator/verify-audit.ts";
import { start } from "./start.ts";

const failed = 1;
const notUnderstood = 2;

try {
  await run(process.argv.slice(2));
} catch (error) {
  tell(error);
  process.exit(error instanceof CommandError ? notUnderstood : failed);
}

async function run(typed: readonly string[]): Promise<void> {
  const command = readCommand(typed);
  if (command.kind === "start") {
    const config = loadConfig();
    return start(config, [...requireClosedKeys(findConfigFile()), ...listIgnoredVariables()]);
  }
  if (command.kind === "audit_verify") return verify(command);
  if (command.kind === "doctor") return examine(command);
  process.stdout.write(printable(await say(command)));
}

async function examine(command: DoctorCommand): Promise<void> {
  const { text, exitCode } = await runDoctor(command, packageFile.version);
  process.stdout.write(text);
  process.exitCode = exitCode;
}

/** Whatever keeps the trail from being read is no proof against it. */
async function verify(command: VerifyCommand): Promise<void> {
  try {
    const world = { config: loadConfig(), log: quietLog(), folder: callersFolder() };
    const { text, exitCode } = await verifyAudit(command, world);
    process.stdout.write(printable(text));
    process.exitCode = exitCode;
  } catch (error) {
    tell(error);
    process.exitCode = exitCodes.unreadable;
  }
}

type SayingCommand = Exclude<Command, { readonly kind: "start" | "audit_verify" | "doctor" }>;

async function say(command: SayingCommand): Promise<string> {
  if (command.kind === "help") return helpText;
  if (command.kind === "version") return `${packageFile.version}\n`;
  return runCommand(command, { config: loadConfig(), log: quietLog(), folder: callersFolder() });
}

/** What a command says goes to the one output, what it warns of to the other. */
function quietLog(): Logger {
  return createLog("warn", pino.destination(2));
}

function tell(error: unknown): void {
  const isStart = process.argv.length === 2;
  process.stderr.write(`${isStart ? "Tessera cannot start" : "tessera"}: ${failureText(error)}\n`);
}
