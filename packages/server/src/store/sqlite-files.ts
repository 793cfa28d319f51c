import { randomUUID } from "node:crypto";
import { closeSync, existsSync, openSync, readSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { ChangeChannel } from "./database.ts";
import { DatabaseSetupError } from "./setup-error.ts";
import { damageAdvice } from "./sqlite-health.ts";

/** Of a server: long enough for its predecessor to finish closing. */
const PREDECESSOR_MILLISECONDS = 1_000;
/** How long what is remembered may be used before it is looked whether another process has written. */
const LOOK_EVERY_MILLISECONDS = 250;

export function sqlitePath(dataDir: string): string {
  return join(dataDir, "tessera.sqlite");
}

/** Makes sure of the file, and that a new one is its owner's alone. */
export function privateFile(path: string): string {
  try {
    closeSync(openSync(path, "a", 0o600));
    return path;
  } catch (error) {
    const { code } = error as { code?: unknown };
    throw new DatabaseSetupError(`${path} cannot be written (${code}): ${fileAdvice(code)}`, {
      cause: error,
    });
  }
}

function fileAdvice(code: unknown): string {
  if (code === "EISDIR") return "it is a folder, and must be a file: move it away";
  if (code === "ENOSPC" || code === "EDQUOT") return "make room on its disk";
  if (code === "EMFILE" || code === "ENFILE") return descriptorAdvice;
  return writableAdvice;
}

const writableAdvice =
  "the data folder and its files must belong to the user that the server runs as, on a disk that is not read-only";
const descriptorAdvice =
  "the process may open too few files: raise its limit (ulimit -n, LimitNOFILE)";

/**
 * Takes the folder for this process until the lock is closed or the process ends; `undefined` where a server has it.
 * Caches live in the process: another server's revocation would go unnoticed. `isPatient`: waits for one that is closing,
 * which who works beside a server need not.
 */
export function findFolderLock(
  dataDir: string,
  { isPatient = true }: { readonly isPatient?: boolean } = {},
): DatabaseSync | undefined {
  const lock = new DatabaseSync(privateFile(join(dataDir, "tessera.lock")), {
    timeout: isPatient ? PREDECESSOR_MILLISECONDS : 0,
  });
  try {
    lock.exec("begin exclusive");
    return lock;
  } catch (error) {
    lock.close();
    if (error instanceof Error && error.message === "database is locked") return undefined;
    throw new DatabaseSetupError(
      `${join(dataDir, "tessera.lock")} cannot be used: ${(error as Error).message}. It holds nothing: while no server runs on the folder, remove it`,
      { cause: error },
    );
  }
}

export function otherServer(dataDir: string): DatabaseSetupError {
  return new DatabaseSetupError(
    `Another Tessera is running on the data folder ${resolve(dataDir)}: stop it, or put several processes on PostgreSQL.`,
  );
}

// `user_version` is the one number of the file's own head that is free: https://sqlite.org/fileformat.html section 1.3.
const WHOLE = 0;
const IN_USE = 1;
const USER_VERSION_OFFSET = 60;

/** Says in the file itself that what it lacks is in its journal. */
export const markInUse = [`pragma user_version = ${IN_USE}`, "pragma wal_checkpoint(truncate)"];

/** Says that the file holds all there is, and folds the journal into it. */
export const markWhole = [`pragma user_version = ${WHOLE}`, "pragma wal_checkpoint(truncate)"];

/** As far as readers allow; it waits for none. */
export const foldJournal = ["pragma wal_checkpoint(passive)"];

/** Throws where the file was in use when it was copied, and its journal was left behind. */
export function requireJournal(path: string): void {
  if (!existsSync(path)) return;
  if (!statSync(path).isFile()) {
    throw new DatabaseSetupError(`${path} is no file, as a database is: ${damageAdvice}`);
  }
  if (existsSync(`${path}-wal`)) return;
  if (statSync(path).size === 0 || readUserVersion(path) !== IN_USE) return;
  throw new DatabaseSetupError(
    `${path} was in use when it was copied, and its journal ${path}-wal is missing, with what was written last: copy both while no server runs, or restore a backup with: tessera restore FILE. If the copy was made by SQLite itself (.backup, VACUUM INTO), it is whole; say so with: sqlite3 ${path} "pragma user_version = ${WHOLE}"`,
  );
}

function readUserVersion(path: string): number {
  const file = openSync(path, "r");
  const bytes = Buffer.alloc(4);
  readSync(file, bytes, 0, bytes.length, USER_VERSION_OFFSET);
  closeSync(file);
  return bytes.readUInt32BE();
}

const COMMANDS = "written_by_commands";

/** Of an operator's command that writes while a server has the file: it tells what it changed by a row of its transaction. */
export const tellServer: ChangeChannel = {
  isShared: true,
  publish: async (trx) => {
    await trx
      .insertInto("instance")
      .values({ name: COMMANDS, value: randomUUID() })
      .onConflict((conflict) =>
        conflict.column("name").doUpdateSet(({ ref }) => ({ value: ref("excluded.value") })),
      )
      .execute();
    return undefined;
  },
  subscribe: async () => ({ isCurrent: () => true }),
};

/** Of the server: once a command has written, all that is remembered is forgotten. */
export function watchCommands(reading: DatabaseSync): ChangeChannel {
  const statement = reading.prepare("select value from instance where name = ?");
  const read = () => statement.get(COMMANDS)?.value;
  return {
    isShared: false,
    publish: async () => undefined,
    subscribe: async ({ onLost, onRestored }) => {
      let known = read();
      let lookedAt = performance.now();
      return {
        isCurrent: () => {
          if (performance.now() - lookedAt < LOOK_EVERY_MILLISECONDS || !reading.isOpen)
            return true;
          lookedAt = performance.now();
          const present = read();
          if (present === known) return true;
          known = present;
          onLost();
          onRestored();
          return true;
        },
      };
    },
  };
}

/** What SQLite, in whatever thread, says of a file that it cannot use, as a sentence that names the file. */
export function explainSqlite(path: string, error: unknown): unknown {
  const { message } = error as Error;
  if (error instanceof DatabaseSetupError) return error;
  const [, advice] = advices.find(([said]) => said.test(message)) ?? [];
  if (advice === undefined) return error;
  return new DatabaseSetupError(`${path} cannot be used: ${message}: ${advice}`, { cause: error });
}

// Errors lose their numbers on their way between threads: https://sqlite.org/rescode.html
const advices: readonly (readonly [said: RegExp, advice: string])[] = [
  [/file is not a database|malformed/, damageAdvice],
  [/database or disk is full/, "make room on its disk"],
  [/readonly database/, writableAdvice],
  [/unable to open database file/, `${writableAdvice}; or ${descriptorAdvice}`],
  [/disk I\/O error/, "see what the system's log says of its disk"],
  [
    /database (?:table )?is locked/,
    "another process holds it, such as a sqlite3 shell, a copy that is being made or a server that is starting: end that, or try again",
  ],
];
