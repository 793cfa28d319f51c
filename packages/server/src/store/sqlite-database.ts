import { closeSync, mkdirSync, openSync } from "node:fs";
import { join, resolve } from "node:path";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import {
  type Dialect,
  Kysely,
  type SqliteDatabase,
  SqliteDialect,
  type SqliteStatement,
  sql,
} from "kysely";
import type { Database } from "./database.ts";
import { createLanes } from "./lanes.ts";
import { inLanes } from "./lanes-dialect.ts";
import { migrate } from "./migrate.ts";
import { listMigrations } from "./migrations/index.ts";
import { sqliteWords } from "./migrations/sql-words.ts";
import type { Schema } from "./schema.ts";
import { searchKey } from "./search-key.ts";
import { keepRecent, openSqliteConnection } from "./sqlite-connection.ts";
import { startSqliteThread } from "./sqlite-thread.ts";
import { createThreadPool, type ThreadPool, threadDialect } from "./sqlite-thread-dialect.ts";
import { createTransactionScope, readsOnly } from "./transaction-scope.ts";
import { changeBounds, listBounds } from "./work-bounds.ts";
import { createWorkContext } from "./work-context.ts";

/** Long enough for a predecessor to finish closing. */
const LOCK_TIMEOUT_MILLISECONDS = 1_000;
const CACHED_STATEMENTS = 500;
/** One list in each, beside the thread that answers. */
const LIST_THREADS = 2;

/** Opens `<dataDir>/tessera.sqlite`, which this process then has to itself. */
export async function openSqlite(
  dataDir: string,
  listTimeoutMilliseconds: number,
): Promise<Database> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const lock = lockFolder(dataDir);
  try {
    const files = await openFiles(privateFile(dataDir, "tessera.sqlite"));
    return createDatabase(files, lock, listTimeoutMilliseconds);
  } catch (error) {
    lock.close();
    throw error;
  }
}

/** Caches live in the process: another process's revocation would go unnoticed. The lock ends with the process. */
function lockFolder(dataDir: string): DatabaseSync {
  const lock = new DatabaseSync(privateFile(dataDir, "tessera.lock"), {
    timeout: LOCK_TIMEOUT_MILLISECONDS,
  });
  try {
    lock.exec("begin exclusive");
    return lock;
  } catch (error) {
    lock.close();
    if (!(error instanceof Error && error.message === "database is locked")) throw error;
    throw new Error(
      `Another Tessera is running on the data folder ${resolve(dataDir)}: stop it, or put several processes on PostgreSQL.`,
      { cause: error },
    );
  }
}

function privateFile(folder: string, name: string): string {
  const path = join(folder, name);
  closeSync(openSync(path, "a", 0o600));
  return path;
}

interface Connections {
  /** In the thread that answers: for reads by key, which take less time than the way to another thread. */
  readonly reading: DatabaseSync;
  readonly writing: ThreadPool;
  readonly listing: ThreadPool;
}

async function openFiles(path: string): Promise<Connections> {
  const writing = createThreadPool(() =>
    startSqliteThread({
      path,
      readOnly: false,
      setup: "pragma journal_mode = wal; pragma synchronous = full",
    }),
  );
  try {
    await migrate(
      new Kysely<Schema>({ dialect: threadDialect({ pool: writing }) }),
      listMigrations(sqliteWords),
    );
    const { connection: reading } = openSqliteConnection(path, { readOnly: true });
    const listing = createThreadPool(() => startSqliteThread({ path, readOnly: true, setup: "" }));
    return { reading, writing, listing };
  } catch (error) {
    await writing.close();
    throw error;
  }
}

function createDatabase(
  { reading, writing, listing }: Connections,
  lock: DatabaseSync,
  listTimeoutMilliseconds: number,
): Database {
  const scope = createTransactionScope();
  const context = createWorkContext();
  const currentCaller = () => context.current()?.caller;
  const changeLane = createLanes({ ...changeBounds, lanes: 1, currentCaller });
  const listLanes = createLanes({ ...listBounds, lanes: LIST_THREADS, currentCaller });
  const turn = createReadTurn(reading);
  const plugins = [readsOnly(scope)];
  const write = new Kysely<Schema>({
    dialect: threadDialect({ pool: writing, onCommit: turn.end }),
  });
  const lists = inLanes(
    threadDialect({
      pool: listing,
      limitMilliseconds: listTimeoutMilliseconds,
      onTime: (milliseconds) => context.current()?.onListTime(milliseconds),
    }),
    listLanes,
  );
  return {
    dialect: "sqlite",
    read: new Kysely<Schema>({ dialect: sqliteDialect(reading, turn.join), plugins }),
    lists: new Kysely<Schema>({ dialect: lists, plugins }),
    runFor: context.runFor,
    inTransaction: (work) =>
      scope.run(() => changeLane.beside(() => write.transaction().execute(work))),
    preparedRead: <Row>(statement: string) => {
      const prepared = reading.prepare(statement);
      return (parameters) => {
        scope.requireOutside();
        turn.join();
        return prepared.get(...parameters) as Row | undefined;
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
    changes: { publish: async () => {}, subscribe: async () => ({ isCurrent: () => true }) },
    rights: { take: async () => {}, hold: async () => {} },
    isReachable: async () => canRead(reading),
    close: async () => {
      await scope.whenIdle();
      if (reading.isOpen) reading.close();
      await listing.close();
      // The last to leave folds the write-ahead log back into the file, which readers may not.
      await writing.close();
      if (lock.isOpen) lock.close();
    },
  };
}

/** Reads of one turn of the event loop. */
interface ReadTurn {
  /** To be called before each read. */
  join(): void;
  /** Lets the next read see what is committed by now. */
  end(): void;
}

/**
 * Lets the reads of one turn of the event loop share a transaction: taking and leaving its locks costs more than most
 * reads. None outlives the news of a commit.
 */
function createReadTurn(reading: DatabaseSync): ReadTurn {
  const begin = reading.prepare("begin");
  const commit = reading.prepare("commit");
  let isOpen = false;
  const end = () => {
    if (isOpen && reading.isOpen) commit.run();
    isOpen = false;
  };
  return {
    join: () => {
      if (isOpen) return;
      begin.run();
      isOpen = true;
      setImmediate(end);
    },
    end,
  };
}

function canRead(connection: DatabaseSync): boolean {
  try {
    return connection.prepare("select name from instance limit 1").all() !== undefined;
  } catch {
    return false;
  }
}

function sqliteDialect(connection: DatabaseSync, beforeRead: () => void): Dialect {
  return new SqliteDialect({ database: withStatementCache(connection, beforeRead) });
}

function withStatementCache(connection: DatabaseSync, beforeRead: () => void): SqliteDatabase {
  return {
    close: () => connection.close(),
    prepare: keepRecent(CACHED_STATEMENTS, (statement) =>
      toKyselyStatement(connection.prepare(statement), beforeRead),
    ),
  };
}

function toKyselyStatement(statement: StatementSync, beforeRead: () => void): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => {
      beforeRead();
      return statement.all(...(parameters as SQLInputValue[]));
    },
    run: (parameters) => statement.run(...(parameters as SQLInputValue[])),
    iterate: (parameters) => statement.iterate(...(parameters as SQLInputValue[])),
  };
}
