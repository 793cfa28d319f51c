import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { backup, DatabaseSync } from "node:sqlite";
import { DatabaseSetupError } from "./setup-error.ts";
import {
  explainSqlite,
  findFolderLock,
  otherServer,
  requireJournal,
  sqlitePath,
} from "./sqlite-files.ts";

/** What a backup holds beside the database: a name and a text each. */
export type BackupNotes = Readonly<Record<string, string>>;

/** All pages in one step: whatever is written meanwhile is not in it, and does not make it begin anew. */
const ALL_PAGES = 2 ** 30;
const NOTES = "tessera_backup";

/**
 * Copies the database as it is at one moment, also while a server writes it, into a new file that is its owner's alone,
 * and the notes with it. The file appears once it is whole. `patienceMilliseconds`: how long it waits for whoever holds it.
 */
export async function backUpSqlite(
  dataDir: string,
  file: string,
  notes: BackupNotes,
  { patienceMilliseconds = 5_000 } = {},
): Promise<void> {
  const path = sqlitePath(dataDir);
  if (!existsSync(path) || statSync(path).size === 0) {
    throw new DatabaseSetupError(`There is no database in ${resolve(dataDir)}`);
  }
  if (existsSync(file)) throw new DatabaseSetupError(`${file} is there already: name a new file`);
  requireJournal(path);
  const part = newPrivateFile(`${file}.part`);
  try {
    // It only reads: a connection that may write would fold the journal away when it is the last to close.
    const source = new DatabaseSync(path, { readOnly: true, timeout: patienceMilliseconds });
    try {
      // Copying does not wait for whoever holds the file, and says of it that it is no error.
      source.exec("begin; select count(*) from sqlite_schema");
      await backup(source, part, { rate: ALL_PAGES });
    } catch (error) {
      throw explainSqlite(path, error);
    } finally {
      source.close();
    }
    onOneFile(part, (copy) => {
      copy.exec(
        `pragma user_version = 0; create table ${NOTES} (name text primary key, value text not null)`,
      );
      const insert = copy.prepare(`insert into ${NOTES} (name, value) values (?, ?)`);
      for (const [name, value] of Object.entries(notes)) insert.run(name, value);
    });
    publish(part, file);
  } finally {
    rmSync(part, { force: true });
  }
}

/** What a backup tells of itself. */
export interface BackupFacts {
  readonly notes: BackupNotes;
  /** Those that its database names; in one that no server has used, none. */
  readonly keyIds: ReadonlySet<string>;
}

/** Throws where the file is no backup, or is damaged. */
export function readBackup(file: string): BackupFacts {
  if (!existsSync(file)) throw new DatabaseSetupError(`There is no file ${file}`);
  const found = readFacts(file);
  if (found === undefined) {
    throw new DatabaseSetupError(
      `${file} is no backup that tessera backup has made, or is damaged`,
    );
  }
  return found;
}

function readFacts(file: string): BackupFacts | undefined {
  const copy = new DatabaseSync(file, { readOnly: true });
  const all = (statement: string) => copy.prepare(statement).all();
  try {
    if (all("pragma quick_check")[0]?.quick_check !== "ok") return undefined;
    // A view of that name could not be taken away again.
    if (all(`select type from sqlite_schema where name = '${NOTES}'`)[0]?.type !== "table") {
      return undefined;
    }
    const rows = all(`select name, value from ${NOTES}`);
    const keys = all("select * from server_keys");
    return {
      notes: Object.fromEntries(rows.map(({ name, value }) => [String(name), String(value)])),
      keyIds: new Set(keys.flatMap(({ id, wrapped_by: by }) => [String(id), String(by)])),
    };
  } catch {
    return undefined;
  } finally {
    copy.close();
  }
}

/** Makes the database of an empty data folder out of a backup; `beforehand` runs when nothing stands against it. */
export function restoreSqlite(dataDir: string, file: string, beforehand: () => void): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const lock = findFolderLock(dataDir);
  if (lock === undefined) throw otherServer(dataDir);
  const path = sqlitePath(dataDir);
  const part = `${path}.part`;
  try {
    const inTheWay = [path, `${path}-wal`].find(
      (name) => existsSync(name) && statSync(name).size > 0,
    );
    if (inTheWay !== undefined) {
      throw new DatabaseSetupError(`${inTheWay} is there already: move it away first`);
    }
    beforehand();
    rmSync(part, { force: true });
    newPrivateFile(part);
    copyFileSync(file, part);
    onOneFile(part, (copy) => copy.exec(`drop table ${NOTES}`));
    publish(part, path);
  } finally {
    rmSync(part, { force: true });
    lock.close();
  }
}

/** Without a journal of its own beside it. */
function onOneFile(path: string, work: (copy: DatabaseSync) => void): void {
  const copy = new DatabaseSync(path);
  try {
    copy.exec("pragma journal_mode = delete; pragma synchronous = full");
    work(copy);
  } finally {
    copy.close();
  }
}

function newPrivateFile(path: string): string {
  closeSync(openSync(path, "wx", 0o600));
  return path;
}

/** Gives the file its name once all of it is on the disk. */
function publish(part: string, path: string): void {
  syncToDisk(part);
  renameSync(part, path);
  syncToDisk(dirname(resolve(path)));
}

function syncToDisk(path: string): void {
  const file = openSync(path, "r");
  fsyncSync(file);
  closeSync(file);
}
