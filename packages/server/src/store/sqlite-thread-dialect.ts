import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  InsertQueryNode,
  type QueryResult,
  type RootOperationNode,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import type { SqliteThread } from "./sqlite-thread.ts";
import type { WorkerResult, WorkerStatement } from "./sqlite-worker.ts";

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
  /** Hears of every statement that failed. */
  readonly onError?: (error: unknown) => void;
}

/** Kysely on SQLite in other threads. */
export function threadDialect(options: ThreadDialectOptions): Dialect {
  const adapter = Object.create(new SqliteAdapter(), {
    // Table definitions are transactional in SQLite, but Kysely would migrate without a transaction.
    supportsTransactionalDdl: { value: true },
    // Else Kysely lends one connection at a time, to whoever asked first: no lane, and no turn of anybody, would count.
    supportsMultipleConnections: { value: true },
  });
  return {
    createDriver: () => createDriver(options),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createAdapter: () => adapter,
  };
}

interface ThreadConnection extends DatabaseConnection {
  readonly thread: SqliteThread;
  begin(): void;
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

/** Longer statements are sent at once, so that the thread works on them while the next one is made. */
const parametersHeldBack = 64;
const statementsHeldBack = 16;

function createDriver(options: ThreadDialectOptions): Driver {
  const { pool } = options;
  return {
    init: async () => {},
    acquireConnection: async () => connectionTo(await pool.acquire(), options),
    releaseConnection: async (connection) => pool.release((connection as ThreadConnection).thread),
    beginTransaction: async (connection) => (connection as ThreadConnection).begin(),
    commitTransaction: (connection) => (connection as ThreadConnection).commit(),
    rollbackTransaction: (connection) => (connection as ThreadConnection).rollback(),
    destroy: () => pool.close(),
  };
}

/**
 * What nobody waits for in a transaction, its beginning and rows that are added, is held back and goes to the thread
 * together with the next statement: each way there and back takes longer than most statements. An insertion that
 * fails is told by that statement, or by the commit: no transaction goes on after an error.
 */
function connectionTo(
  thread: SqliteThread,
  {
    limitMilliseconds,
    onTime = () => {},
    onCommit = () => {},
    onError = () => {},
  }: ThreadDialectOptions,
): ThreadConnection {
  let held: WorkerStatement[] = [];
  let isInTransaction = false;

  const send = async (last: WorkerStatement): Promise<WorkerResult> => {
    const statements = [...held, last];
    held = [];
    const outcome = await thread.run({ statements, limitMilliseconds });
    onTime(outcome.milliseconds);
    if ("error" in outcome) {
      onError(outcome.error);
      throw outcome.error;
    }
    return outcome;
  };
  const mayBeHeldBack = (query: RootOperationNode, parameters: readonly unknown[]): boolean =>
    isInTransaction &&
    InsertQueryNode.is(query) &&
    query.returning === undefined &&
    parameters.length <= parametersHeldBack &&
    held.length < statementsHeldBack;

  return {
    thread,
    begin: () => {
      isInTransaction = true;
      held = [begin];
    },
    commit: async () => {
      isInTransaction = false;
      const isEmpty = held.at(-1) === begin;
      if (isEmpty) held = [];
      else await send(commit);
      onCommit();
    },
    rollback: async () => {
      isInTransaction = false;
      const isBegun = held[0] !== begin;
      held = [];
      if (isBegun) await send(rollback);
    },
    executeQuery: async <Row>({
      query,
      sql,
      parameters,
    }: CompiledQuery): Promise<QueryResult<Row>> => {
      const statement = { statement: sql, parameters };
      if (mayBeHeldBack(query, parameters)) {
        held.push(statement);
        return { rows: [] };
      }
      const { rows, changes } = await send(statement);
      if (changes === undefined) return { rows: rows as Row[] };
      return { rows: rows as Row[], numAffectedRows: changes };
    },
    streamQuery: () => {
      throw new Error("Results of SQLite are not streamed");
    },
  };
}

const begin: WorkerStatement = { statement: "begin", parameters: [] };
const commit: WorkerStatement = { statement: "commit", parameters: [] };
const rollback: WorkerStatement = { statement: "rollback", parameters: [] };
