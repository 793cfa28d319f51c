import { TesseraError } from "@tessera/sdk";
import { CallError, NotSignedInError } from "./failures.ts";
import { InterruptedError } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

/** How the program ends, for scripts to go by. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  not_signed_in: 3,
  refused: 4,
  not_found: 5,
  conflict: 6,
  unreachable: 7,
  rate_limited: 8,
  server: 9,
  interrupted: 130,
} as const;

type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

const byStatus: Readonly<Record<number, ExitCode>> = {
  401: exitCodes.not_signed_in,
  403: exitCodes.refused,
  404: exitCodes.not_found,
  409: exitCodes.conflict,
  429: exitCodes.rate_limited,
};

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CallError) return exitCodeOf(error.cause);
  if (error instanceof UsageError) return exitCodes.usage;
  if (error instanceof NotSignedInError) return exitCodes.not_signed_in;
  if (error instanceof InterruptedError) return exitCodes.interrupted;
  if (!(error instanceof TesseraError)) return exitCodes.failed;
  if (error.code === "unreachable") return exitCodes.unreachable;
  if (error.code === "unexpected_reply" || error.status >= 500) return exitCodes.server;
  if (error.code === "invalid_state") return exitCodes.conflict;
  if (error.code === "limit_reached") return exitCodes.refused;
  return byStatus[error.status] ?? exitCodes.usage;
}

/** The codes in a line of help. */
export function exitCodeWords(): string {
  return Object.entries(exitCodes)
    .map(([name, code]) => `${code} ${name.replaceAll("_", " ")}`)
    .join(", ");
}
