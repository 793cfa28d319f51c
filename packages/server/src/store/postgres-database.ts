import { setTimeout as delay } from "node:timers/promises";
import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import type { OpenedDatabase, StoreLog, Trx } from "./database.ts";
import { BusyError, isRetryable } from "./driver-errors.ts";
import { createLanes, type Lanes } from "./lanes.ts";
import { inLanes } from "./lanes-dialect.ts";
import { migrate } from "./migrate.ts";
import { listMigrations } from "./migrations/index.ts";
import { postgresWords } from "./migrations/sql-words.ts";
import { openChangeChannel } from "./postgres-changes.ts";
import { createPool, limitsOfTransaction, type WatchedPool, watch } from "./postgres-pool.ts";
import { postgresRights } from "./postgres-rights.ts";
import { explainingSetup, requireSessions } from "./postgres-setup.ts";
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
const STATEMENT_TIMEOUT_MILLISECONDS = 10_000;
/** Of what is read by key, outside transactions. */
const READ_SILENCE_MILLISECONDS = 5_000;
/** Of changes: what they lock others hold for a moment, for a second where these do it again. */
const CHANGE_LOCK_TIMEOUT_MILLISECONDS = 1_800;
/** PostgreSQL gives statements up by itself; when this has passed as well, nobody is there. */
const SILENCE_AFTER_TIMEOUT_MILLISECONDS = 2_000;
const REACHABLE_TIMEOUT_MILLISECONDS = 2_000;
const LOCK_TIMEOUT_MILLISECONDS = 1_000;
/** So long a change that has conflicts is begun again. */
const REPEATING_MILLISECONDS = 10_000;
const LONGEST_WAIT_EXPONENT = 9;
const ATTEMPTS_OF_LONG_WORK = 4;
const LONG_WORK_MILLISECONDS = 1_000;

export interface PostgresOptions {
  readonly databaseUrl: string;
  /** Where notifications are listened for; `databaseUrl` where it is not said. */
  readonly listenUrl?: string | undefined;
  /** Whether statements are prepared and settings made for whole sessions, which poolers lend out by the transaction. */
  readonly hasSessions: boolean;
  readonly listTimeoutMilliseconds: number;
  readonly log?: StoreLog | undefined;
}

export async function openPostgres(options: PostgresOptions): Promise<OpenedDatabase> {
  const {
    databaseUrl,
    listenUrl = databaseUrl,
    hasSessions,
    listTimeoutMilliseconds,
    log,
  } = options;
  await explainingSetup("DATABASE_URL", () => migrateOnce(databaseUrl));
  const context = createWorkContext();
  const currentCaller = () => context.current()?.caller;
  const changes = openChangeChannel({ databaseUrl, listenUrl, log });
  const { isDatabaseSilent } = changes;
  const open = (
    what: string,
    size: number,
    {
      statement,
      lock,
      isParallel = true,
    }: {
      readonly statement: number;
      readonly lock?: number;
      readonly isParallel?: boolean;
    },
  ) =>
    createPool({
      databaseUrl,
      name: `tessera ${what}`,
      size,
      statementTimeoutMilliseconds: hasSessions ? statement : undefined,
      lockTimeoutMilliseconds: hasSessions ? lock : undefined,
      isParallel,
      log,
    });
  const readPool = open("reads", READS_AT_ONCE, {
    statement: STATEMENT_TIMEOUT_MILLISECONDS,
  });
  const reads = watch(readPool, {
    silenceMilliseconds: READ_SILENCE_MILLISECONDS,
    isDatabaseSilent,
  });
  const read = new Kysely<Schema>({ dialect: reads.dialect });
  const changePool = open("changes", CHANGES_AT_ONCE, {
    statement: STATEMENT_TIMEOUT_MILLISECONDS,
    lock: CHANGE_LOCK_TIMEOUT_MILLISECONDS,
  });
  const write = new Kysely<Schema>({
    dialect: watch(changePool, {
      isDatabaseSilent,
      silenceMilliseconds: STATEMENT_TIMEOUT_MILLISECONDS + SILENCE_AFTER_TIMEOUT_MILLISECONDS,
    }).dialect,
  });
  const changeLanes = createLanes({ ...changeBounds, lanes: CHANGES_AT_ONCE, currentCaller });
  const repeats = createLanes({ ...changeBounds, lanes: 1, currentCaller });
  const onConflict = () => context.current()?.onConflict?.();
  const repeating = { lanes: changeLanes, repeats, onConflict };
  // Of many cores one for each: what is asked by key is to find a free one.
  const listPool = open("lists", LISTS_AT_ONCE, {
    statement: listTimeoutMilliseconds,
    isParallel: false,
  });
  const watchedLists = watch(listPool, {
    silenceMilliseconds: listTimeoutMilliseconds + SILENCE_AFTER_TIMEOUT_MILLISECONDS,
    limitEachToMilliseconds: hasSessions ? undefined : listTimeoutMilliseconds,
    isDatabaseSilent,
  });
  const listLanes = createLanes({ ...listBounds, lanes: LISTS_AT_ONCE, currentCaller });
  const lists = new Kysely<Schema>({
    dialect: inLanes(watchedLists.dialect, listLanes),
    // Measured on the connection, once there is one; also of a statement that failed.
    log: ({ queryDurationMillis }) => context.current()?.onListTime?.(queryDurationMillis),
  });
  if (hasSessions) {
    await explainingSetup("DATABASE_URL", () =>
      requireSessions(reads, STATEMENT_TIMEOUT_MILLISECONDS),
    );
  }
  const scope = createTransactionScope();
  const begin = async <T>(trx: Trx, work: (trx: Trx) => Promise<T>): Promise<T> => {
    if (!hasSessions) {
      const limits = [STATEMENT_TIMEOUT_MILLISECONDS, CHANGE_LOCK_TIMEOUT_MILLISECONDS] as const;
      await sql.raw(limitsOfTransaction(...limits)).execute(trx);
    }
    return work(trx);
  };
  let preparedCount = 0;
  return {
    dialect: "postgres",
    // The driver takes one statement at a time.
    isAskedAhead: false,
    read: read.withPlugin(readsOnly(scope)),
    lists: lists.withPlugin(readsOnly(scope)),
    runFor: context.runFor,
    inTransaction: (work) => {
      const transaction = write.transaction().setIsolationLevel("serializable");
      return scope.run(() =>
        retry(repeating, () => transaction.execute((trx) => begin(trx, work))),
      );
    },
    preparedRead: <Row>(statement: string) => {
      preparedCount += 1;
      const named = hasSessions ? { name: `read_${preparedCount}` } : {};
      const text = numberPlaceholders(statement);
      return async (parameters) => {
        scope.requireOutside();
        const [row] = await reads.query<Row>({ ...named, text, values: [...parameters] });
        return row;
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
    foldJournal: async () => {},
    isReachable: () => answersInTime(reads),
    close: async () => {
      await scope.whenIdle();
      await changes.close();
      await Promise.all([read, write, lists].map((handle) => handle.destroy()));
      for (const pool of [readPool, changePool, listPool]) if (!pool.ending) await pool.end();
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

interface Repeating {
  readonly lanes: Lanes;
  /** For works that had a conflict. */
  readonly repeats: Lanes;
  readonly onConflict: () => void;
}

/**
 * After a conflict the work runs one at a time with others that had some, beside all that had none: among many at once
 * each could otherwise be given up for the sake of another, again and again. What takes long is given up soon.
 */
async function retry<T>(
  { lanes, repeats, onConflict }: Repeating,
  work: () => Promise<T>,
): Promise<T> {
  const until = performance.now() + REPEATING_MILLISECONDS;
  let workMilliseconds = 0;
  const beside = () =>
    lanes.beside(async () => {
      const beganAt = performance.now();
      try {
        return await work();
      } finally {
        workMilliseconds = performance.now() - beganAt;
      }
    });
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await (attempt === 1 ? beside() : repeats.beside(beside));
    } catch (error) {
      if (!isRetryable(error)) throw error;
      onConflict();
      const isLong = workMilliseconds > LONG_WORK_MILLISECONDS;
      if ((isLong && attempt >= ATTEMPTS_OF_LONG_WORK) || performance.now() > until) {
        throw new BusyError("changes of this");
      }
      // A random wait keeps two processes from colliding again.
      await delay(Math.random() * 2 ** Math.min(attempt, LONGEST_WAIT_EXPONENT));
    }
  }
}

async function answersInTime(pool: WatchedPool): Promise<boolean> {
  const late = new AbortController();
  const answer = pool.query({ text: "select 1" }).then(
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
