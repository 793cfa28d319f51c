import { AppError } from "@tessera/contract";
import { ConfigError } from "../config.ts";
import { othersWords } from "../others-words.ts";
import { classifyDriverError, lacksSchema } from "../store/driver-errors.ts";
import { DatabaseSetupError } from "../store/setup-error.ts";
import { CommandError } from "./command-line.ts";
import { errorText, sentence } from "./printable.ts";

/** What is told of what kept a start or a command from succeeding: a sentence, or of what should not be, a stack. */
export function failureText(error: unknown): string {
  if (isOperatorsMatter(error)) return sentence(error.message);
  if (!lacksSchema(error)) return errorText(error);
  const said = othersWords((error as Error).message);
  return `the database is not as its migrations made it (${said}): tessera doctor says what it lacks; restore a backup`;
}

/** A wrong setting, another version's database, a taken port or a full disk needs a sentence, not a stack. */
function isOperatorsMatter(error: unknown): error is Error {
  const kinds = [AppError, CommandError, ConfigError, DatabaseSetupError];
  if (kinds.some((kind) => error instanceof kind)) return true;
  if (["unavailable", "storage_full"].includes(classifyDriverError(error).kind)) return true;
  const { code } = error as { code?: unknown };
  return typeof code === "string" && /^E(?!RR_)[A-Z]+$/.test(code);
}
