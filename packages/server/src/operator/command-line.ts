import { parseArgs } from "node:util";
import { nearest } from "@tessera/contract";
import type { VerifyCommand } from "./verify-audit.ts";

/** A work that the operator of the machine wants done. */
export type OperatorCommand =
  | { readonly kind: "backup"; readonly file: string }
  | { readonly kind: "restore"; readonly file: string }
  | { readonly kind: "create_admin"; readonly username: string; readonly email: string }
  | { readonly kind: "reset_password"; readonly name: string }
  | { readonly kind: "migrate"; readonly isDryRun: boolean }
  | { readonly kind: "move"; readonly to: string }
  | { readonly kind: "rotate_key" }
  | { readonly kind: "list_keys" }
  | { readonly kind: "drop_key"; readonly id: string; readonly isForced: boolean };

/** Looks at everything; it must also tell of settings that cannot be used. */
export interface DoctorCommand {
  readonly kind: "doctor";
  readonly isJson: boolean;
}

export type Command =
  | OperatorCommand
  | VerifyCommand
  | DoctorCommand
  | { readonly kind: "start" }
  | { readonly kind: "help" }
  | { readonly kind: "version" };

/** A command line that cannot be understood; the message says what would be right. */
export class CommandError extends Error {}

export const helpText = `Tessera, the authority for personal access tokens.

  npm start                                  starts the server
  npm start -- --help | --version            says this, or which version it is

On the machine of the server, with its settings, also while it runs:

  tessera backup FILE                        writes database and key into one new file (SQLite)
  tessera restore FILE                       puts a backup into an empty data folder, while no server runs
  tessera admin create NAME E-MAIL           makes an administrator, and shows the password
  tessera admin reset-password NAME          shows a new password of that user, and ends all sessions of it
  tessera migrate [--dry-run]                brings the database to this version's schema, without starting, or
                                             says what that would be
  tessera move --to URL                      copies SQLite into an empty PostgreSQL database, while no server runs
  tessera keys rotate                        makes a key for all that is new; all that is good stays good
  tessera keys list                          shows each key, and what is stored under it
  tessera keys drop KEY [--force]            refuses what an old key proves; --force: also where something is under it
  tessera doctor [--json]                    says what is wrong with settings, files, database, clock, mail and
                                             proxy, and how to mend it: 0 nothing, 1 something
  tessera audit verify [EXPORT] [--checkpoints FILE]... [--public-key FILE]
                                             proves the audit trail of the database, or of an export as JSON lines:
                                             0 proved, 1 broken, 2 shorter than a checkpoint, 3 cannot be read

"tessera" is in node_modules/.bin; "npm run tessera -- backup FILE" and "npm start -- backup FILE" do the same.
Settings are environment variables or lines of tessera.yaml: tessera.example.yaml has all of them, docs/operations.md
tells the rest.
`;

const words = [
  ...["backup", "restore", "admin", "audit", "migrate", "move", "keys", "doctor"],
  ...["--help", "--version"],
];

/** Reads what follows the program's name. Throws `CommandError`. */
export function readCommand(typed: readonly string[]): Command {
  const [word, ...rest] = typed;
  if (typed.some((one) => one === "--help" || one === "-h" || one === "help"))
    return { kind: "help" };
  switch (word) {
    case undefined:
      return { kind: "start" };
    case "--version":
      return { kind: "version" };
    case "backup":
    case "restore":
      return { kind: word, file: requireWords(rest, `${word} FILE`, 1)[0] ?? "" };
    case "admin":
      return readAdminCommand(rest);
    case "audit":
      return readAuditCommand(rest);
    case "migrate":
      return { kind: word, isDryRun: readFlag(rest, "--dry-run", "migrate [--dry-run]") };
    case "move":
      return { kind: word, to: readTarget(rest) };
    case "keys":
      return readKeysCommand(rest);
    case "doctor":
      return { kind: word, isJson: readFlag(rest, "--json", "doctor [--json]") };
    default:
      throw new CommandError(
        `there is no ${word}; did you mean "${nearest(word, words)}"? See --help`,
      );
  }
}

function readAdminCommand([word = "", ...rest]: readonly string[]): Command {
  if (word === "create") {
    const [username = "", email = ""] = requireWords(rest, "admin create NAME E-MAIL", 2);
    return { kind: "create_admin", username, email };
  }
  if (word === "reset-password") {
    const [name = ""] = requireWords(rest, "admin reset-password NAME", 1);
    return { kind: "reset_password", name };
  }
  throw new CommandError("admin is followed by create NAME E-MAIL, or by reset-password NAME");
}

const verifyUsage = "audit verify [EXPORT] [--checkpoints FILE]... [--public-key FILE]";

function readAuditCommand([word = "", ...rest]: readonly string[]): VerifyCommand {
  const { values, positionals } = word === "verify" ? parseVerify(rest) : noVerify();
  const [exportFile, ...others] = positionals;
  if (others.length > 0) return noVerify();
  const { checkpoints = [], "public-key": publicKeyFile } = values;
  return { kind: "audit_verify", exportFile, checkpointFiles: checkpoints, publicKeyFile };
}

function parseVerify(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        checkpoints: { type: "string", multiple: true },
        "public-key": { type: "string" },
      },
    });
  } catch {
    return noVerify();
  }
}

function noVerify(): never {
  throw new CommandError(`it is: ${verifyUsage}`);
}

function readTarget([flag = "", ...rest]: readonly string[]): string {
  const usage = "move --to postgres://…";
  const words = flag.startsWith("--to=") ? [flag.slice("--to=".length), ...rest] : rest;
  if (!/^--to(?:=|$)/.test(flag)) throw new CommandError(`it is: ${usage}`);
  return requireWords(words, usage, 1)[0] ?? "";
}

function readKeysCommand([word = "", ...rest]: readonly string[]): Command {
  if (word === "rotate" || word === "list") {
    requireWords(rest, `keys ${word}`, 0);
    return { kind: word === "rotate" ? "rotate_key" : "list_keys" };
  }
  if (word === "drop") {
    const isForced = rest.includes("--force");
    const words = rest.filter((one) => one !== "--force");
    const [id = ""] = requireWords(words, "keys drop KEY [--force]", 1);
    return { kind: "drop_key", id, isForced };
  }
  throw new CommandError("keys is followed by rotate, by list, or by drop KEY");
}

/** Whether the one word that may be there is. */
function readFlag(rest: readonly string[], flag: string, usage: string): boolean {
  if (rest.length === 0 || (rest.length === 1 && rest[0] === flag)) return rest.length === 1;
  throw new CommandError(`it is: ${usage}`);
}

function requireWords(rest: readonly string[], usage: string, count: number): readonly string[] {
  if (rest.length === count && rest.every((word) => word !== "" && !word.startsWith("-")))
    return rest;
  throw new CommandError(`it is: ${usage}`);
}
