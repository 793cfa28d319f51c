import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import type { SqliteThread } from "./sqlite-thread.ts";

/** Connections in threads, of which a statement or a transaction has one to itself. */
export interface ThreadPool {
  acquire(): Promise<SqliteThread>;
  release(thread: SqliteThread): void;
  close(): Promise<void>;
}

/** Starts a thread when no idle one is left: whoever asks sees to it that there are not too many. */
export function createThreadPool(start: () => Promise<SqliteThread>): ThreadPool {
  const all = new Set<SqliteThread>();
  const idle: SqliteThread[] = [];
  return {
    acquire: async () => {
      for (let thread = idle.pop(); thread !== undefined; thread = idle.pop()) {
        if (!thread.hasEnded()) return thread;
        all.delete(thread);
      }
      const thread = await start();
      all.add(thread);
      return thread;
    },
    release: (thread) => {
      idle.push(thread);
    },
    close: async () => {
      await Promise.all([...all].map((thread) => thread.close()));
    },
  };
}

export interface ThreadDialectOptions {
  readonly pool: ThreadPool;
  /** Of each statement; for ever when not said. */
  readonly limitMilliseconds?: number;
  /** Hears how long the database worked on each statement. */
  readonly onTime?: (milliseconds: number) => void;
  readonly onCommit?: () => void;
}

/** Kysely on SQLite in other threads. */
export function threadDialect(options: ThreadDialectOptions): Dialect {
  // Table definitions are transactional in SQLite, but Kysely would migrate without a transaction.
  const adapter = Object.create(new SqliteAdapter(), { supportsTransactionalDdl: { value: true } });
  return {
    createDriver: () => createDriver(options),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createAdapter: () => adapter,
  };
}

interface ThreadConnection extends DatabaseConnection {
  readonly thread: SqliteThread;
}

function createDriver({
  pool,
  limitMilliseconds,
  onTime = () => {},
  onCommit = () => {},
}: ThreadDialectOptions): Driver {
  const connectionTo = (thread: SqliteThread): ThreadConnection => ({
    thread,
    executeQuery: async <Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> => {
      const outcome = await thread.run({ statement: sql, parameters, limitMilliseconds });
      onTime(outcome.milliseconds);
      if ("error" in outcome) throw outcome.error;
      const rows = outcome.rows as Row[];
      return outcome.changes === undefined ? { rows } : { rows, numAffectedRows: outcome.changes };
    },
    streamQuery: () => {
      throw new Error("Results of SQLite are not streamed");
    },
  });
  const run = async (connection: DatabaseConnection, statement: string) => {
    await connection.executeQuery(CompiledQuery.raw(statement));
  };
  return {
    init: async () => {},
    acquireConnection: async () => connectionTo(await pool.acquire()),
    releaseConnection: async (connection) => pool.release((connection as ThreadConnection).thread),
    beginTransaction: (connection) => run(connection, "begin"),
    commitTransaction: async (connection) => {
      await run(connection, "commit");
      onCommit();
    },
    rollbackTransaction: (connection) => run(connection, "rollback"),
    destroy: () => pool.close(),
  };
}
