import { closeSync, mkdirSync, openSync } from "node:fs";
import { join, resolve } from "node:path";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { setImmediate as nextTurn } from "node:timers/promises";
import {
  type Dialect,
  Kysely,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDialect,
  type SqliteStatement,
  sql,
} from "kysely";
import type { Database } from "./database.ts";
import { TooSlowError } from "./driver-errors.ts";
import { containmentOf } from "./json-containment.ts";
import { createListMeter } from "./list-meter.ts";
import { migrate } from "./migrate.ts";
import { listMigrations } from "./migrations/index.ts";
import { sqliteWords } from "./migrations/sql-words.ts";
import type { Schema } from "./schema.ts";
import { searchKey } from "./search-key.ts";
import { createTransactionScope, readsOnly } from "./transaction-scope.ts";

const BUSY_TIMEOUT_MILLISECONDS = 5_000;
/** Long enough for a predecessor to finish closing. */
const LOCK_TIMEOUT_MILLISECONDS = 1_000;
const CACHED_STATEMENTS = 500;
/** Of each connection, for pages of the file; SQLite's own 2 MB hold no index of a large domain. */
const PAGE_CACHE_KIB = 64 * 1024;

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
  writing: DatabaseSync;
  reading: DatabaseSync;
  /** Of the reading connection. */
  deadline: Deadline;
  write: Kysely<Schema>;
}

async function openFiles(path: string): Promise<Connections> {
  const writing = openConnection(path, { readOnly: false }, createDeadline());
  try {
    writing.exec("pragma journal_mode = wal; pragma synchronous = full");
    const write = new Kysely<Schema>({ dialect: sqliteDialect(writing) });
    await migrate(write, listMigrations(sqliteWords));
    const deadline = createDeadline();
    return {
      writing,
      write,
      reading: openConnection(path, { readOnly: true }, deadline),
      deadline,
    };
  } catch (error) {
    writing.close();
    throw error;
  }
}

function createDatabase(
  { writing, reading, write, deadline }: Connections,
  lock: DatabaseSync,
  listTimeoutMilliseconds: number,
): Database {
  const scope = createTransactionScope();
  const queue = createQueue();
  const turn = createReadTurn(reading);
  const plugins = [readsOnly(scope)];
  const meter = createListMeter();
  const inTime: RunRead = (read) => {
    const startedAt = performance.now();
    try {
      return deadline.within(listTimeoutMilliseconds, read);
    } finally {
      meter.tell(performance.now() - startedAt);
    }
  };
  return {
    dialect: "sqlite",
    read: new Kysely<Schema>({ dialect: sqliteDialect(reading, turn.join), plugins }),
    lists: new Kysely<Schema>({ dialect: sqliteDialect(reading, turn.join, inTime), plugins }),
    measureLists: meter.measure,
    inTransaction: (work) =>
      scope.run(() => queue(() => turn.suspend(() => write.transaction().execute(work)))),
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
    jsonArray: (column) => `json_group_array(${column} order by ${column})`,
    changes: { publish: async () => {}, subscribe: async () => ({ isCurrent: () => true }) },
    rights: { take: async () => {}, hold: async () => {} },
    isReachable: async () => canRead(reading),
    close: async () => {
      await scope.whenIdle();
      for (const connection of [reading, writing, lock]) {
        if (connection.isOpen) connection.close();
      }
    },
  };
}

/** Reads of one turn of the event loop. */
interface ReadTurn {
  /** To be called before each read. */
  join(): void;
  /** Lets every read have its own transaction while `work` writes. */
  suspend<T>(work: () => Promise<T>): Promise<T>;
}

/**
 * Lets the reads of one turn of the event loop share a transaction: taking and leaving its locks costs more than most
 * reads. None outlives the start of a write, so that what was committed is seen and the WAL can begin anew.
 */
function createReadTurn(reading: DatabaseSync): ReadTurn {
  const begin = reading.prepare("begin");
  const commit = reading.prepare("commit");
  let isOpen = false;
  let isSuspended = false;
  const end = () => {
    if (isOpen && reading.isOpen) commit.run();
    isOpen = false;
  };
  return {
    join: () => {
      if (isOpen || isSuspended) return;
      begin.run();
      isOpen = true;
      setImmediate(end);
    },
    suspend: async (work) => {
      end();
      isSuspended = true;
      try {
        return await work();
      } finally {
        isSuspended = false;
      }
    },
  };
}

/** How long the present statement may take: what it calls for each row looks at this, and throws. */
interface Deadline {
  /** Throws `TooSlowError` once the time is over. */
  require(): void;
  within<T>(milliseconds: number, work: () => T): T;
}

function createDeadline(): Deadline {
  let endsAt = Number.POSITIVE_INFINITY;
  return {
    require: () => {
      if (performance.now() > endsAt) throw new TooSlowError();
    },
    within: (milliseconds, work) => {
      endsAt = performance.now() + milliseconds;
      try {
        return work();
      } finally {
        endsAt = Number.POSITIVE_INFINITY;
      }
    },
  };
}

function openConnection(
  path: string,
  { readOnly }: { readOnly: boolean },
  deadline: Deadline,
): DatabaseSync {
  const connection = new DatabaseSync(path, { readOnly, timeout: BUSY_TIMEOUT_MILLISECONDS });
  connection.exec(`pragma cache_size = -${PAGE_CACHE_KIB}`);
  const readWanted = readRepeatedJson();
  connection.function("json_contains", { deterministic: true }, (stored, wanted) => {
    deadline.require();
    return Number(readWanted(String(wanted))(JSON.parse(String(stored))));
  });
  connection.function("in_time", { varargs: true }, () => {
    deadline.require();
    return 1;
  });
  return connection;
}

/** Every row of a query is asked for the same value. */
function readRepeatedJson(): (text: string) => ReturnType<typeof containmentOf> {
  let last = { text: "null", contains: containmentOf(null) };
  return (text) => {
    if (text !== last.text) last = { text, contains: containmentOf(JSON.parse(text)) };
    return last.contains;
  };
}

function canRead(connection: DatabaseSync): boolean {
  try {
    return connection.prepare("select name from instance limit 1").all() !== undefined;
  } catch {
    return false;
  }
}

/** Runs the read of one statement. */
type RunRead = <T>(read: () => T) => T;

function sqliteDialect(
  connection: DatabaseSync,
  beforeRead: () => void = () => {},
  runRead: RunRead = (read) => read(),
): Dialect {
  const dialect = new SqliteDialect({
    database: withStatementCache(connection, beforeRead, runRead),
  });
  // Table definitions are transactional in SQLite, but Kysely would migrate without a transaction.
  const adapter = Object.create(new SqliteAdapter(), { supportsTransactionalDdl: { value: true } });
  return {
    createDriver: () => dialect.createDriver(),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createAdapter: () => adapter,
  };
}

function withStatementCache(
  connection: DatabaseSync,
  beforeRead: () => void,
  runRead: RunRead,
): SqliteDatabase {
  const cache = new Map<string, SqliteStatement>();
  return {
    close: () => connection.close(),
    prepare: (statement) => {
      const cached = cache.get(statement);
      if (cached !== undefined) return cached;
      // A transaction that reads before it writes would fail if another connection wrote in between.
      const text = statement === "begin" ? "begin immediate" : statement;
      const prepared = toKyselyStatement(connection.prepare(text), beforeRead, runRead);
      const [oldest] = cache.keys();
      if (cache.size >= CACHED_STATEMENTS && oldest !== undefined) cache.delete(oldest);
      cache.set(statement, prepared);
      return prepared;
    },
  };
}

function toKyselyStatement(
  statement: StatementSync,
  beforeRead: () => void,
  runRead: RunRead,
): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => {
      beforeRead();
      return runRead(() => statement.all(...(parameters as SQLInputValue[])));
    },
    run: (parameters) => statement.run(...(parameters as SQLInputValue[])),
    iterate: (parameters) => statement.iterate(...(parameters as SQLInputValue[])),
  };
}

/** Runs one work at a time, in the order they came; between two of them, whatever else the process has to do. */
function createQueue(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  let unfinished = 0;
  return (work) => {
    const isFirst = unfinished === 0;
    unfinished += 1;
    const result = last.then(async () => {
      try {
        // SQLite answers at once, so that a queue of works would be one long turn of the event loop.
        if (!isFirst) await nextTurn();
        return await work();
      } finally {
        unfinished -= 1;
      }
    });
    last = result.catch(() => {});
    return result;
  };
}
