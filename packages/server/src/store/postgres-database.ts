import { setTimeout as delay } from "node:timers/promises";
import { Kysely, sql } from "kysely";
import type { KeysBefore, OpenedDatabase, StoreLog, Trx } from "./database.ts";
import { BusyError, classifyDriverError, isOutOfLocks, isRetryable } from "./driver-errors.ts";
import { createLanes, type Lanes } from "./lanes.ts";
import { inLanes } from "./lanes-dialect.ts";
import { migrate } from "./migrate.ts";
import { listMigrations } from "./migrations/index.ts";
import { postgresWords } from "./migrations/sql-words.ts";
import { postgresChains } from "./postgres-chains.ts";
import { openChangeChannel } from "./postgres-changes.ts";
import {
  byIndexes,
  createPool,
  limitsOfTransaction,
  type WatchedPool,
  watch,
} from "./postgres-pool.ts";
import { createReadByKey } from "./postgres-reads.ts";
import { postgresRights } from "./postgres-rights.ts";
import { explainingSetup, onPlainPostgres, requireSessions } from "./postgres-setup.ts";
import { createWays, type Ways, waysOf } from "./postgres-ways.ts";
import type { Schema } from "./schema.ts";
import { searchKey } from "./search-key.ts";
import { createTransactionScope, readsOnly } from "./transaction-scope.ts";
import { changeBounds, listBounds } from "./work-bounds.ts";
import { createWorkContext } from "./work-context.ts";

/** Of what is asked by key: however many changes and lists wait, whoever only asks is answered. */
const READS_AT_ONCE = 6;
const CHANGES_AT_ONCE = 7;
/** Of changes that had a conflict and go first, and of those that wait until they are made. */
const CLAIMING_AT_ONCE = 2;
const WAITING_AT_ONCE = 2;
/** More than one user may have at a time. */
const LISTS_AT_ONCE = 10;
/** Of changes that ask where a chain of records ends while they keep all others from it. */
const HEADS_AT_ONCE = 2;
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
/** So long one waits for those who go first: within what PostgreSQL lets a statement take. */
const WAY_TIMEOUT_MILLISECONDS = 9_000;
const LONGEST_WAIT_EXPONENT = 9;
/** So long after it had no room for locks PostgreSQL is asked again. */
const ROOM_FOR_LOCKS_MILLISECONDS = 250;
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
  await onPlainPostgres(databaseUrl, "tessera migration", (db) =>
    migrate(db, listMigrations(postgresWords)),
  );
  const context = createWorkContext();
  /** Where it has not been done for the whole session. */
  const limit = async (trx: Trx, lockMilliseconds: number): Promise<void> => {
    if (hasSessions) return;
    const limits = limitsOfTransaction(STATEMENT_TIMEOUT_MILLISECONDS, lockMilliseconds);
    await sql.raw(`${limits}; ${byIndexes("local ")}`).execute(trx);
  };
  const currentCaller = () => context.current()?.caller;
  const changes = openChangeChannel({ databaseUrl, listenUrl, log });
  const { isDatabaseSilent } = changes;
  const open = (
    what: string,
    size: number,
    {
      statement,
      lock,
      isForChanges = false,
      isParallel = true,
    }: {
      readonly statement: number;
      readonly lock?: number;
      readonly isForChanges?: boolean;
      readonly isParallel?: boolean;
    },
  ) =>
    createPool({
      databaseUrl,
      name: `tessera ${what}`,
      size,
      statementTimeoutMilliseconds: hasSessions ? statement : undefined,
      lockTimeoutMilliseconds: hasSessions ? lock : undefined,
      isForChanges,
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
    isForChanges: true,
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
  const wayPool = open("ways", CLAIMING_AT_ONCE + WAITING_AT_ONCE, {
    statement: STATEMENT_TIMEOUT_MILLISECONDS,
    lock: WAY_TIMEOUT_MILLISECONDS,
  });
  const waysHandle = new Kysely<Schema>({
    dialect: watch(wayPool, {
      isDatabaseSilent,
      silenceMilliseconds: STATEMENT_TIMEOUT_MILLISECONDS + SILENCE_AFTER_TIMEOUT_MILLISECONDS,
    }).dialect,
  });
  const headPool = open("chains", HEADS_AT_ONCE, { statement: CHANGE_LOCK_TIMEOUT_MILLISECONDS });
  const heads = watch(headPool, {
    silenceMilliseconds: READ_SILENCE_MILLISECONDS,
    isDatabaseSilent,
  });
  const chains = postgresChains(heads, { isPrepared: hasSessions });
  const ways = createWays({
    db: waysHandle,
    lanes: {
      claiming: createLanes({ ...changeBounds, lanes: CLAIMING_AT_ONCE, currentCaller }),
      waiting: createLanes({ ...changeBounds, lanes: WAITING_AT_ONCE, currentCaller }),
    },
    begin: (trx) => limit(trx, WAY_TIMEOUT_MILLISECONDS),
  });
  const repeating = { lanes: changeLanes, repeats, ways, onConflict };
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
  let preparedCount = 0;
  return {
    dialect: "postgres",
    // The driver takes one statement at a time.
    isAskedAhead: false,
    read: read.withPlugin(readsOnly(scope)),
    lists: lists.withPlugin(readsOnly(scope)),
    runFor: context.runFor,
    inTransaction: (work, keysBefore = keysOfNothing) => {
      const transaction = write.transaction().setIsolationLevel("serializable");
      const attempt = () =>
        chains.during(() =>
          transaction.execute(async (trx) => {
            await limit(trx, CHANGE_LOCK_TIMEOUT_MILLISECONDS);
            return work(trx);
          }),
        );
      return scope.run(() => retry(repeating, attempt, keysBefore));
    },
    preparedRead: <Row>(statement: string) => {
      preparedCount += 1;
      const name = hasSessions ? `read_${preparedCount}` : undefined;
      const read = createReadByKey<Row>(reads, statement, name);
      return async (parameters) => {
        scope.requireOutside();
        return read(parameters);
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
    chains,
    foldJournal: async () => {},
    isReachable: () => answersInTime(reads),
    close: async () => {
      await scope.whenIdle();
      await changes.close();
      await Promise.all([read, write, waysHandle, lists].map((handle) => handle.destroy()));
      for (const pool of [readPool, changePool, wayPool, headPool, listPool])
        if (!pool.ending) await pool.end();
    },
  };
}

interface Repeating {
  readonly lanes: Lanes;
  /** For works that had a conflict. */
  readonly repeats: Lanes;
  readonly ways: Ways;
  readonly onConflict: () => void;
}

const keysOfNothing = (): KeysBefore => ({ relied: [], taken: [], hasGivenWay: false });

/**
 * After a conflict the work runs one at a time with others that had some, beside all that had none: among many at once
 * each could otherwise be given up for the sake of another, again and again. For whoever goes first it waits before,
 * outside of all lines, which others need. What takes long is given up soon.
 */
async function retry<T>(
  { lanes, repeats, ways, onConflict }: Repeating,
  work: () => Promise<T>,
  keysBefore: () => KeysBefore,
): Promise<T> {
  const until = performance.now() + REPEATING_MILLISECONDS;
  let attempts = 0;
  let hadDuplicate = false;
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
  /** `undefined`: it had a conflict, and may be tried again. */
  const attempt = async (run: () => Promise<T>): Promise<{ readonly value: T } | undefined> => {
    attempts += 1;
    try {
      return { value: await run() };
    } catch (error) {
      // Of two who store the same at once the second learns of it as a duplicate that it could not see: it looks again.
      const isFirstDuplicate = !hadDuplicate && classifyDriverError(error).kind === "unique";
      hadDuplicate ||= isFirstDuplicate;
      if (isOutOfLocks(error) && performance.now() <= until) {
        await delay(ROOM_FOR_LOCKS_MILLISECONDS);
        return undefined;
      }
      if (!isFirstDuplicate && !isRetryable(error)) throw error;
      onConflict();
      const isLong = workMilliseconds > LONG_WORK_MILLISECONDS;
      if ((isLong && attempts >= ATTEMPTS_OF_LONG_WORK) || performance.now() > until) {
        throw new BusyError("changes of this");
      }
      // A random wait keeps two processes from colliding again.
      await delay(Math.random() * 2 ** Math.min(attempts, LONGEST_WAIT_EXPONENT));
      return undefined;
    }
  };
  const waysTaken = () => waysOf(keysBefore().taken);
  /** Beside all others, who give way: whoever goes first waits for nobody's repeating. */
  const attemptFirst = (claimed: readonly string[]) =>
    ways.whileClaimed(claimed, async () => {
      let done = await attempt(beside);
      while (done === undefined && waysTaken().length === claimed.length) {
        done = await attempt(beside);
      }
      return done;
    });

  let done = await attempt(beside);
  while (done === undefined) {
    const claimed = waysTaken();
    if (claimed.length > 0) done = await attemptFirst(claimed);
    else {
      await ways.whenFree(waysOf(keysBefore().relied));
      done = await attempt(() => repeats.beside(beside));
    }
  }
  return done.value;
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

function escapeLike(text: string): string {
  return text.replaceAll(/[\\%_]/g, "\\$&");
}
