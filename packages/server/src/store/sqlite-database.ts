import { mkdirSync } from "node:fs";
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import {
  type Dialect,
  Kysely,
  type SqliteDatabase,
  SqliteDialect,
  type SqliteStatement,
  sql,
} from "kysely";
import type { OpenedDatabase, StoreLog } from "./database.ts";
import { createLanes } from "./lanes.ts";
import { inLanes } from "./lanes-dialect.ts";
import { migrate, requireMigrated } from "./migrate.ts";
import { listMigrations } from "./migrations/index.ts";
import { sqliteWords } from "./migrations/sql-words.ts";
import type { Schema } from "./schema.ts";
import { searchKey } from "./search-key.ts";
import { sqliteChains } from "./sqlite-chains.ts";
import { keepStatements, openSqliteConnection } from "./sqlite-connection.ts";
import {
  explainSqlite,
  findFolderLock,
  foldJournal,
  markInUse,
  markWhole,
  otherServer,
  privateFile,
  requireJournal,
  sqlitePath,
  tellServer,
  watchCommands,
} from "./sqlite-files.ts";
import { type FileHealth, watchFile } from "./sqlite-health.ts";
import { startSqliteThread } from "./sqlite-thread.ts";
import { createThreadPool, type ThreadPool, threadDialect } from "./sqlite-thread-dialect.ts";
import { createTransactionScope, readsOnly } from "./transaction-scope.ts";
import { changeBounds, listBounds } from "./work-bounds.ts";
import { createWorkContext } from "./work-context.ts";

/** One list in each, beside the thread that answers. */
const LIST_THREADS = 2;

export interface SqliteOptions {
  readonly dataDir: string;
  readonly listTimeoutMilliseconds: number;
  /** Whether it may be opened for a single work while a server has it. */
  readonly isBesideServer?: boolean | undefined;
  readonly log?: StoreLog | undefined;
}

/** Opens `<dataDir>/tessera.sqlite`, which no other server then has. */
export async function openSqlite(options: SqliteOptions): Promise<OpenedDatabase> {
  const { dataDir, listTimeoutMilliseconds, isBesideServer = false, log } = options;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const lock = findFolderLock(dataDir, { isPatient: !isBesideServer });
  if (lock === undefined && !isBesideServer) throw otherServer(dataDir);
  const path = sqlitePath(dataDir);
  try {
    if (lock !== undefined) requireJournal(path);
    const files = await openFiles(privateFile(path), { isOwned: lock !== undefined });
    const health = watchFile(path, log);
    return createDatabase(files, { dataDir, lock, health }, listTimeoutMilliseconds);
  } catch (error) {
    lock?.close();
    throw explainSqlite(path, error);
  }
}

interface Connections {
  /** In the thread that answers: for reads by key, which take less time than the way to another thread. */
  readonly reading: DatabaseSync;
  readonly writing: ThreadPool;
  readonly listing: ThreadPool;
}

async function openFiles(
  path: string,
  { isOwned }: { readonly isOwned: boolean },
): Promise<Connections> {
  const writing = createThreadPool(() =>
    startSqliteThread({
      path,
      readOnly: false,
      setup: "pragma journal_mode = wal; pragma synchronous = full",
    }),
  );
  try {
    const write = new Kysely<Schema>({ dialect: threadDialect({ pool: writing }) });
    await (isOwned ? migrate : requireMigrated)(write, listMigrations(sqliteWords));
    if (isOwned) await runAlone(writing, markInUse);
    const { connection: reading } = openSqliteConnection(path, { readOnly: true });
    const listing = createThreadPool(() => startSqliteThread({ path, readOnly: true, setup: "" }));
    return { reading, writing, listing };
  } catch (error) {
    await leaveJournal(path, writing);
    throw error;
  }
}

interface Place {
  readonly dataDir: string;
  readonly lock: DatabaseSync | undefined;
  readonly health: FileHealth;
}

/**
 * Closes what writes, and leaves the file as it is found after a crash: the last to close a file folds its journal and
 * removes it, and of a file that is marked as in use the next start would miss that. So one who reads stays to the end of
 * the process.
 */
async function leaveJournal(path: string, writing: ThreadPool): Promise<void> {
  try {
    const { connection } = openSqliteConnection(path, { readOnly: true });
    leftOpen.push(connection);
    connection.prepare("select count(*) from sqlite_schema").get();
  } catch {
    // It is no database: there is nothing to fold.
  }
  await writing.close();
}

/** What is referred to is not collected, and so not closed. */
const leftOpen: DatabaseSync[] = [];

function createDatabase(
  { reading, writing, listing }: Connections,
  { dataDir, lock, health }: Place,
  listTimeoutMilliseconds: number,
): OpenedDatabase {
  const scope = createTransactionScope();
  const context = createWorkContext();
  const currentCaller = () => context.current()?.caller;
  const changeLane = createLanes({ ...changeBounds, lanes: 1, currentCaller });
  const listLanes = createLanes({ ...listBounds, lanes: LIST_THREADS, currentCaller });
  const turn = createReadTurn(reading, health);
  const plugins = [readsOnly(scope)];
  const write = new Kysely<Schema>({
    dialect: threadDialect({ pool: writing, onCommit: turn.end, onError: health.note }),
  });
  const lists = inLanes(
    threadDialect({
      pool: listing,
      limitMilliseconds: listTimeoutMilliseconds,
      onError: health.note,
      onTime: (milliseconds) => context.current()?.onListTime?.(milliseconds),
    }),
    listLanes,
  );
  return {
    dialect: "sqlite",
    isAskedAhead: true,
    read: new Kysely<Schema>({ dialect: sqliteDialect(reading, turn.read), plugins }),
    lists: new Kysely<Schema>({ dialect: lists, plugins }),
    runFor: context.runFor,
    inTransaction: (work) =>
      scope.run(() =>
        changeLane.beside(() => {
          health.requirePlace();
          return write.transaction().execute(work);
        }),
      ),
    preparedRead: <Row>(statement: string) => {
      const prepared = reading.prepare(statement);
      return (parameters) => {
        scope.requireOutside();
        return turn.read(() => prepared.get(...parameters) as Row | undefined);
      };
    },
    jsonContains: (column, wanted) => sql`json_contains(${column}, ${JSON.stringify(wanted)})`,
    containsText: (keyColumn, text) =>
      sql`(in_time() and instr(${keyColumn}, ${searchKey(text)}) > 0)`,
    // Of some rows, by chance: asking of each takes longer than the rows. By the key it is asked in the loop of its table.
    inTime: (key) => sql`((random() & 63) <> 0 or in_time(${key}))`,
    skippingLocked: sql``,
    // Transactions run one at a time.
    waitForWriters: async () => {},
    jsonArray: (column, order) => `json_group_array(${column} order by ${order})`,
    changes: lock === undefined ? tellServer : watchCommands(reading),
    rights: {
      take: async () => {},
      hold: async () => {},
      again: (trx, _before, work) => work(trx),
    },
    chains: sqliteChains,
    foldJournal: () => scope.run(() => changeLane.beside(() => runAlone(writing, foldJournal))),
    isReachable: async () => canRead(reading) && health.isWhole(),
    close: async () => {
      await scope.whenIdle();
      if (!reading.isOpen) return;
      reading.close();
      await listing.close();
      // Beside a server that has ended meanwhile, this is the last one to have it open.
      const owned = lock ?? findFolderLock(dataDir, { isPatient: false });
      const isLeftWhole = owned === undefined || (await isMarkedWhole(writing));
      // The last to leave folds the write-ahead log back into the file, which readers may not.
      if (isLeftWhole) await writing.close();
      else await leaveJournal(sqlitePath(dataDir), writing);
      owned?.close();
    },
  };
}

/** `false`: a disk that is full or fails keeps it from being said. */
async function isMarkedWhole(writing: ThreadPool): Promise<boolean> {
  try {
    await runAlone(writing, markWhole);
    return true;
  } catch {
    return false;
  }
}

/** Runs statements that no transaction can hold, while no other writes. */
async function runAlone(writing: ThreadPool, statements: readonly string[]): Promise<void> {
  const thread = await writing.acquire();
  try {
    const outcome = await thread.run({
      statements: statements.map((statement) => ({ statement, parameters: [] })),
    });
    if ("error" in outcome) throw outcome.error;
  } finally {
    writing.release(thread);
  }
}

/** Reads of one turn of the event loop. */
interface ReadTurn {
  readonly read: Read;
  /** Lets the next read see what is committed by now. */
  end(): void;
}

type Read = <Result>(work: () => Result) => Result;

/**
 * Lets the reads of one turn of the event loop share a transaction: taking and leaving its locks costs more than most
 * reads. None outlives the news of a commit.
 */
function createReadTurn(reading: DatabaseSync, health: FileHealth): ReadTurn {
  const begin = reading.prepare("begin");
  const commit = reading.prepare("commit");
  let isOpen = false;
  const end = () => {
    if (!isOpen) return;
    isOpen = false;
    try {
      // A file that cannot be read has perhaps ended it already.
      if (reading.isOpen && reading.isTransaction) commit.run();
    } catch (error) {
      // Nobody waits here for an answer; and what was read stays as it is.
      health.note(error);
      if (reading.isTransaction) reading.exec("rollback");
    }
  };
  return {
    end,
    read: (work) => {
      try {
        if (!isOpen) {
          begin.run();
          isOpen = true;
          setImmediate(end);
        }
        return work();
      } catch (error) {
        health.note(error);
        throw error;
      }
    },
  };
}

function canRead(connection: DatabaseSync): boolean {
  try {
    return connection.prepare("select name from instance limit 1").all() !== undefined;
  } catch {
    return false;
  }
}

/** For a connection in this thread; each read is made by `read`. */
export function sqliteDialect(connection: DatabaseSync, read: Read = (work) => work()): Dialect {
  return new SqliteDialect({ database: withStatementCache(connection, read) });
}

function withStatementCache(connection: DatabaseSync, read: Read): SqliteDatabase {
  return {
    close: () => connection.close(),
    prepare: keepStatements((statement) => toKyselyStatement(connection.prepare(statement), read)),
  };
}

function toKyselyStatement(statement: StatementSync, read: Read): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => read(() => statement.all(...(parameters as SQLInputValue[]))),
    run: (parameters) => statement.run(...(parameters as SQLInputValue[])),
    iterate: (parameters) => statement.iterate(...(parameters as SQLInputValue[])),
  };
}
