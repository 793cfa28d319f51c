import { revealHidden } from "@tessera/contract";
import { type DestinationStream, type Logger, pino } from "pino";
import type { Config } from "./config.ts";
import { hideCredentials, hideTokens } from "./others-words.ts";

/** The program's log: a JSON object a line, of letters that act on no terminal, without what looks like a credential. */
export function createLog(
  level: Config["log_level"] | "silent",
  destination: DestinationStream = pino.destination(1),
): Logger {
  const serializers = { err: describeError };
  // Every line ends itself; escapes as JSON has them leave each value what it is.
  const streamWrite = (line: string) => `${revealHidden(hideTokens(line.slice(0, -1)))}\n`;
  return pino({ level, serializers, hooks: { streamWrite } }, destination);
}

/** What errors carry of themselves. Others put whole certificates, rows and parameters beside it, with what these hold. */
const members = [
  ...["code", "errno", "errcode", "syscall", "address", "port", "path"],
  ...["severity", "schema", "table", "column", "constraint", "routine"],
];

function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { type, message, stack, ...more } = pino.stdSerializers.err(error);
  const parts: unknown = "errors" in error ? error.errors : undefined;
  return {
    type,
    message: hideCredentials(message),
    stack: hideCredentials(stack),
    ...(Array.isArray(parts) ? { aggregateErrors: parts.map(describeError) } : {}),
    ...Object.fromEntries(Object.entries(more).filter(([name]) => members.includes(name))),
  };
}
