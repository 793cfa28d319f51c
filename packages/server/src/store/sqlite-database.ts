import { closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
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
import { jsonContains } from "./json-containment.ts";
import { migrate } from "./migrate.ts";
import { listMigrations } from "./migrations/index.ts";
import { sqliteWords } from "./migrations/sql-words.ts";
import type { Schema } from "./schema.ts";
import { searchKey } from "./search-key.ts";
import { createTransactionScope } from "./transaction-scope.ts";

const BUSY_TIMEOUT_MILLISECONDS = 5_000;
const CACHED_STATEMENTS = 500;

export async function openSqlite(dataDir: string): Promise<Database> {
  const path = createPrivateFile(dataDir, "tessera.sqlite");
  const writing = openConnection(path, { readOnly: false });
  const write = new Kysely<Schema>({ dialect: sqliteDialect(writing) });
  const inScope = createTransactionScope();
  await write.transaction().execute((trx) => migrate(trx, listMigrations(sqliteWords)));

  const reading = openConnection(path, { readOnly: true });
  const read = new Kysely<Schema>({ dialect: sqliteDialect(reading) });
  const queue = createQueue();

  return {
    dialect: "sqlite",
    read,
    inTransaction: (work) => inScope(() => queue(() => write.transaction().execute(work))),
    preparedRead: <Row>(statement: string) => {
      const prepared = reading.prepare(statement);
      return (parameters) => prepared.get(...parameters) as Row | undefined;
    },
    jsonContains: (column, wanted) => sql`json_contains(${column}, ${JSON.stringify(wanted)})`,
    containsText: (keyColumn, text) => sql`instr(${keyColumn}, ${searchKey(text)}) > 0`,
    changes: { publish: async () => {}, subscribe: async () => {} },
    isReachable: async () => {
      try {
        return reading.prepare("select 1").get() !== undefined;
      } catch {
        return false;
      }
    },
    close: async () => {
      await queue(async () => {});
      if (reading.isOpen) reading.close();
      if (writing.isOpen) writing.close();
    },
  };
}

function createPrivateFile(dataDir: string, name: string): string {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const path = join(dataDir, name);
  closeSync(openSync(path, "a", 0o600));
  return path;
}

function openConnection(path: string, { readOnly }: { readOnly: boolean }): DatabaseSync {
  const connection = new DatabaseSync(path, { readOnly, timeout: BUSY_TIMEOUT_MILLISECONDS });
  if (!readOnly) connection.exec("pragma journal_mode = wal; pragma synchronous = full");
  connection.function("json_contains", { deterministic: true }, (stored, wanted) =>
    Number(jsonContains(JSON.parse(String(stored)), JSON.parse(String(wanted)))),
  );
  return connection;
}

function sqliteDialect(connection: DatabaseSync): Dialect {
  const dialect = new SqliteDialect({ database: withStatementCache(connection) });
  // SQLite's table definitions are transactional; Kysely says otherwise and would migrate outside a transaction.
  const adapter = Object.create(new SqliteAdapter(), { supportsTransactionalDdl: { value: true } });
  return {
    createDriver: () => dialect.createDriver(),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createAdapter: () => adapter,
  };
}

function withStatementCache(connection: DatabaseSync): SqliteDatabase {
  const cache = new Map<string, SqliteStatement>();
  return {
    close: () => connection.close(),
    prepare: (statement) => {
      const cached = cache.get(statement);
      if (cached !== undefined) return cached;
      // A deferred transaction that reads first fails at its first write if another process wrote in between.
      const text = statement === "begin" ? "begin immediate" : statement;
      const prepared = toKyselyStatement(connection.prepare(text));
      const [oldest] = cache.keys();
      if (cache.size >= CACHED_STATEMENTS && oldest !== undefined) cache.delete(oldest);
      cache.set(statement, prepared);
      return prepared;
    },
  };
}

function toKyselyStatement(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...(parameters as SQLInputValue[])),
    run: (parameters) => statement.run(...(parameters as SQLInputValue[])),
    iterate: (parameters) => statement.iterate(...(parameters as SQLInputValue[])),
  };
}

/** Runs one work at a time, in the order they came. */
function createQueue(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work);
    last = result.catch(() => {});
    return result;
  };
}
