import { setTimeout as delay } from "node:timers/promises";
import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import type { Database, StoreLog } from "./database.ts";
import { isRetryable } from "./driver-errors.ts";
import { createLanes, type Lanes } from "./lanes.ts";
import { inLanes } from "./lanes-dialect.ts";
import { migrate } from "./migrate.ts";
import { listMigrations } from "./migrations/index.ts";
import { postgresWords } from "./migrations/sql-words.ts";
import { openChangeChannel } from "./postgres-changes.ts";
import { postgresRights } from "./postgres-rights.ts";
import type { Schema } from "./schema.ts";
import { searchKey } from "./search-key.ts";
import { createTransactionScope, readsOnly } from "./transaction-scope.ts";
import { changeBounds, listBounds } from "./work-bounds.ts";
import { createWorkContext } from "./work-context.ts";

/** Of what is asked by key: however many changes and lists wait, whoever only asks is answered. */
const READS_AT_ONCE = 6;
const CHANGES_AT_ONCE = 7;
/** More than one user may have at a time. */
const LISTS_AT_ONCE = 10;
const CONNECT_TIMEOUT_MILLISECONDS = 5_000;
const IDLE_TIMEOUT_MILLISECONDS = 60_000;
const STATEMENT_TIMEOUT_MILLISECONDS = 30_000;
const REACHABLE_TIMEOUT_MILLISECONDS = 2_000;
const LOCK_TIMEOUT_MILLISECONDS = 1_000;
const MAX_ATTEMPTS = 10;
const ATTEMPTS_BESIDE_OTHERS = 4;

export async function openPostgres(
  databaseUrl: string,
  listTimeoutMilliseconds: number,
  log?: StoreLog,
): Promise<Database> {
  await migrateOnce(databaseUrl);
  const context = createWorkContext();
  const currentCaller = () => context.current()?.caller;
  const open = (what: string, options: pg.PoolConfig) =>
    createPool(
      { connectionString: databaseUrl, application_name: `tessera ${what}`, ...options },
      log,
    );
  const readPool = open("reads", { max: READS_AT_ONCE });
  const read = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: readPool }) });
  const changePool = open("changes", { max: CHANGES_AT_ONCE });
  const write = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: changePool }) });
  const changeLanes = createLanes({ ...changeBounds, lanes: CHANGES_AT_ONCE, currentCaller });
  const repeats = createLanes({ ...changeBounds, lanes: 1, currentCaller });
  const onConflict = () => context.current()?.onConflict();
  const repeating = { lanes: changeLanes, repeats, onConflict };
  const listPool = open("lists", {
    max: LISTS_AT_ONCE,
    statement_timeout: listTimeoutMilliseconds,
  });
  const listLanes = createLanes({ ...listBounds, lanes: LISTS_AT_ONCE, currentCaller });
  const lists = new Kysely<Schema>({
    dialect: inLanes(new PostgresDialect({ pool: listPool }), listLanes),
    // Measured on the connection, once there is one; also of a statement that failed.
    log: ({ queryDurationMillis }) => context.current()?.onListTime(queryDurationMillis),
  });
  const changes = openChangeChannel(databaseUrl, log);
  const scope = createTransactionScope();
  let preparedCount = 0;
  return {
    dialect: "postgres",
    read: read.withPlugin(readsOnly(scope)),
    lists: lists.withPlugin(readsOnly(scope)),
    runFor: context.runFor,
    inTransaction: (work) => {
      const transaction = write.transaction().setIsolationLevel("serializable");
      return scope.run(() => retry(repeating, () => transaction.execute(work)));
    },
    preparedRead: <Row>(statement: string) => {
      preparedCount += 1;
      const name = `read_${preparedCount}`;
      const text = numberPlaceholders(statement);
      return async (parameters) => {
        scope.requireOutside();
        const { rows } = await readPool.query({ name, text, values: [...parameters] });
        return rows[0] as Row | undefined;
      };
    },
    jsonContains: (column, wanted) =>
      sql`${column}::jsonb @> cast(${JSON.stringify(wanted)} as jsonb)`,
    containsText: (keyColumn, text) =>
      sql`${keyColumn} like ${`%${escapeLike(searchKey(text))}%`} escape '\\'`,
    inTime: () => sql`true`,
    skippingLocked: sql`for update skip locked`,
    waitForWriters: async (trx, table) => {
      // Whoever wants to add a row meanwhile waits as well.
      await sql`set local lock_timeout = ${sql.lit(LOCK_TIMEOUT_MILLISECONDS)}`.execute(trx);
      // Of all statements a lock alone is had before the transaction's view of the rows is fixed.
      await sql`lock table ${sql.table(table)} in share mode`.execute(trx);
    },
    jsonArray: (column, order) => `coalesce(json_agg(${column} order by ${order})::text, '[]')`,
    changes,
    rights: postgresRights,
    isReachable: () => answersInTime(readPool),
    close: async () => {
      await scope.whenIdle();
      await changes.close();
      await Promise.all([read, write, lists].map((handle) => handle.destroy()));
    },
  };
}

/** On connections of its own: a migration, or waiting for another process's, may take longer than a statement. */
async function migrateOnce(databaseUrl: string): Promise<void> {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    application_name: "tessera migration",
    connectionTimeoutMillis: CONNECT_TIMEOUT_MILLISECONDS,
    max: 1,
  });
  // Whoever uses the connection hears of it from the statement that fails; without one there is nothing to lose.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  try {
    await migrate(db, listMigrations(postgresWords));
  } finally {
    await db.destroy();
  }
}

function createPool(options: pg.PoolConfig, log?: StoreLog): pg.Pool {
  const pool = new pg.Pool({
    application_name: "tessera",
    connectionTimeoutMillis: CONNECT_TIMEOUT_MILLISECONDS,
    idleTimeoutMillis: IDLE_TIMEOUT_MILLISECONDS,
    statement_timeout: STATEMENT_TIMEOUT_MILLISECONDS,
    idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MILLISECONDS,
    keepAlive: true,
    types: { getTypeParser },
    ...options,
  });
  // Without a listener a connection that breaks would end the process, be it idle or in use;
  // whoever uses it hears of it from the statement that fails.
  pool.on("error", (error) => log?.warn({ err: error }, "An idle database connection was lost"));
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}

/** Counts, sums and milliseconds arrive as numbers: none comes near 2^53. */
const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: "text" | "binary") => {
  if (oid === pg.types.builtins.INT8 || oid === pg.types.builtins.NUMERIC) return Number;
  return pg.types.getTypeParser(oid, format as "text");
};

interface Repeating {
  readonly lanes: Lanes;
  /** For works that had a conflict. */
  readonly repeats: Lanes;
  readonly onConflict: () => void;
}

/**
 * After conflicts the work runs one at a time with others that had some, and in the end while no other transaction of
 * this process does: among many at once each could otherwise be given up for the sake of another, again and again.
 * Not at once alone: whoever brings conflicts about would then hold up everybody.
 */
async function retry<T>(
  { lanes, repeats, onConflict }: Repeating,
  work: () => Promise<T>,
): Promise<T> {
  const beside = () => lanes.beside(work);
  for (let attempt = 1; ; attempt += 1) {
    try {
      if (attempt === 1) return await beside();
      return await (attempt > ATTEMPTS_BESIDE_OTHERS ? lanes.alone(work) : repeats.beside(beside));
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || !isRetryable(error)) throw error;
      onConflict();
      // A random wait keeps two processes from colliding again.
      await delay(Math.random() * 2 ** attempt);
    }
  }
}

async function answersInTime(pool: pg.Pool): Promise<boolean> {
  const late = new AbortController();
  const answer = pool.query("select 1").then(
    () => true,
    () => false,
  );
  const timeout = delay(REACHABLE_TIMEOUT_MILLISECONDS, false, { signal: late.signal });
  try {
    return await Promise.race([answer, timeout]);
  } finally {
    timeout.catch(() => {});
    late.abort();
  }
}

function numberPlaceholders(statement: string): string {
  let count = 0;
  return statement.replaceAll("?", () => {
    count += 1;
    return `$${count}`;
  });
}

function escapeLike(text: string): string {
  return text.replaceAll(/[\\%_]/g, "\\$&");
}
