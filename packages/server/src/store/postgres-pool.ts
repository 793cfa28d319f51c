import { type Dialect, PostgresDialect, type PostgresPoolClient } from "kysely";
import pg from "pg";
import type { StoreLog } from "./database.ts";
import { SilentDatabaseError } from "./driver-errors.ts";
import { PostgresClient } from "./postgres-client.ts";

/** Also of waiting for one that is free. */
const CONNECT_TIMEOUT_MILLISECONDS = 5_000;
const IDLE_TIMEOUT_MILLISECONDS = 60_000;

export interface PoolOptions {
  readonly databaseUrl: string;
  /** As PostgreSQL names the connections to whoever looks at them. */
  readonly name: string;
  readonly size: number;
  /**
   * After so long PostgreSQL gives up a statement, and a transaction in which nothing happens. `undefined`: a pooler
   * stands between, whose connections are nobody's own to set that for.
   */
  readonly statementTimeoutMilliseconds: number | undefined;
  /** Whether PostgreSQL may set several processes to one statement. With a pooler between it is not asked. */
  readonly isParallel?: boolean;
  /** Likewise of waiting for a lock: whoever holds it may be frozen. */
  readonly lockTimeoutMilliseconds?: number | undefined;
  /** Whether its transactions are serializable, on connections of its own. */
  readonly isForChanges?: boolean;
  readonly log?: StoreLog | undefined;
}

export function createPool(options: PoolOptions): pg.Pool {
  const { databaseUrl, name, size, statementTimeoutMilliseconds, isParallel = true, log } = options;
  const { lockTimeoutMilliseconds, isForChanges = false } = options;
  const pool = new pg.Pool({
    Client: PostgresClient,
    connectionString: databaseUrl,
    application_name: name,
    max: size,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MILLISECONDS,
    idleTimeoutMillis: IDLE_TIMEOUT_MILLISECONDS,
    ...(statementTimeoutMilliseconds === undefined
      ? {}
      : {
          statement_timeout: statementTimeoutMilliseconds,
          idle_in_transaction_session_timeout: statementTimeoutMilliseconds,
          ...(isParallel ? {} : { options: "-c max_parallel_workers_per_gather=0" }),
        }),
    keepAlive: true,
    types: { getTypeParser },
  });
  // Without a listener a connection that breaks would end the process, be it idle or in use;
  // whoever uses it hears of it from the statement that fails.
  pool.on("error", (error) => log?.warn({ err: error }, "An idle database connection was lost"));
  pool.on("connect", (client) => {
    client.on("error", () => {});
    if (lockTimeoutMilliseconds === undefined) return;
    // Not as a parameter of the connection: poolers refuse those that they do not know.
    const settings = [
      `set lock_timeout = ${lockTimeoutMilliseconds}`,
      ...(isForChanges ? [byIndexes("")] : []),
    ];
    client.query(settings.join("; ")).catch(() => {});
  });
  return pool;
}

export interface Watch {
  /** After so long without an answer a connection is cut: it is frozen, whatever TCP says. */
  readonly silenceMilliseconds: number;
  /** Where nobody at all is answered any more it is not waited for that: a moment is enough. */
  readonly isDatabaseSilent?: (() => boolean) | undefined;
  /** Gives each statement a transaction of its own, in which PostgreSQL gives it up after so long. */
  readonly limitEachToMilliseconds?: number | undefined;
}

/** Statements on a pool that end, whatever becomes of their connection. */
export interface WatchedPool {
  query<Row>(query: pg.QueryConfig): Promise<readonly Row[]>;
  /** For Kysely. Destroying it leaves the pool open. */
  readonly dialect: Dialect;
}

/** Several may stand on one pool, with a patience of their own each. */
export function watch(pool: pg.Pool, watching: Watch) {
  const { limitEachToMilliseconds } = watching;
  const askInTime: Ask = (client, query) => askWithin(client, query, watching);
  const ask: Ask =
    limitEachToMilliseconds === undefined
      ? askInTime
      : (client, query) => askLimited(client, query, askInTime, limitEachToMilliseconds);
  const watched: WatchedPool = {
    query: async <Row>(query: pg.QueryConfig) => {
      const client = await connectWithin(pool, watching);
      try {
        return (await ask(client, query)).rows as Row[];
      } finally {
        client.release();
      }
    },
    dialect: new PostgresDialect({
      pool: {
        options: pool.options,
        connect: async () => toKyselyClient(await connectWithin(pool, watching), ask),
        end: async () => {},
      },
    }),
  };
  return watched;
}

/** In that time whoever waits for a database that stands still is told so. */
const soonMilliseconds = 1_900;
const lookAgainMilliseconds = 250;

/** Calls `giveUp` when it has taken too long; returns what keeps that from happening. */
function giveUpInTime(
  { silenceMilliseconds, isDatabaseSilent = () => false }: Watch,
  giveUp: (error: Error) => void,
): () => void {
  const beganAt = performance.now();
  let isOver = false;
  const look = () => {
    const waited = performance.now() - beganAt;
    if (isOver) return;
    if (waited >= silenceMilliseconds || isDatabaseSilent()) {
      giveUp(new SilentDatabaseError(Math.round(waited)));
    } else
      timer = setTimeout(lookSoon, Math.min(lookAgainMilliseconds, silenceMilliseconds - waited));
  };
  // Where this process stood still the answer has come meanwhile, and is read before.
  const lookSoon = () => setImmediate(() => setImmediate(look));
  let timer = setTimeout(lookSoon, Math.min(soonMilliseconds, silenceMilliseconds));
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}

async function connectWithin(pool: pg.Pool, watching: Watch): Promise<pg.PoolClient> {
  // Most are there at once.
  if (pool.idleCount > 0 && pool.waitingCount === 0) return pool.connect();
  const late = Promise.withResolvers<never>();
  const connecting = pool.connect();
  const end = giveUpInTime(watching, late.reject);
  try {
    return await Promise.race([connecting, late.promise]);
  } catch (error) {
    connecting.then(
      (client) => client.release(),
      () => {},
    );
    throw error;
  } finally {
    end();
  }
}

/**
 * A serializable transaction that reads a table without an index has a conflict with whoever writes a row of it, also
 * one that it does not look at (PostgreSQL manual, 13.2.3); of a small table PostgreSQL prefers to read all.
 */
export const byIndexes = (scope: "" | "local "): string => `set ${scope}enable_seqscan = off`;

/** Limits what follows in a transaction on a connection that has no limits of its own. */
export const limitsOfTransaction = (
  milliseconds: number,
  lockMilliseconds = milliseconds,
): string =>
  `set local statement_timeout = ${milliseconds}; set local idle_in_transaction_session_timeout = ${milliseconds}; set local lock_timeout = ${lockMilliseconds}`;

type Ask = (client: pg.PoolClient, query: pg.QueryConfig) => Promise<pg.QueryResult>;

function toKyselyClient(client: pg.PoolClient, ask: Ask): PostgresPoolClient {
  return {
    query: (text: string, values: readonly unknown[]) => ask(client, { text, values: [...values] }),
    release: () => client.release(),
    // Kysely's type also has cursors, which need a package of their own.
  } as unknown as PostgresPoolClient;
}

/** A connection that is cut fails its statement, and is not lent again. */
async function askWithin(
  client: pg.PoolClient,
  query: pg.QueryConfig,
  watching: Watch,
): Promise<pg.QueryResult> {
  const end = giveUpInTime(watching, (error) => client.connection.stream.destroy(error));
  try {
    return await client.query(query);
  } finally {
    end();
  }
}

async function askLimited(
  client: pg.PoolClient,
  query: pg.QueryConfig,
  ask: Ask,
  milliseconds: number,
): Promise<pg.QueryResult> {
  await ask(client, { text: `begin read only; ${limitsOfTransaction(milliseconds)}` });
  try {
    return await ask(client, query);
  } finally {
    // Nothing was written; and where the connection is gone, what failed before says more.
    await ask(client, { text: "rollback" }).catch(() => {});
  }
}

/** Counts, sums and milliseconds arrive as numbers: none comes near 2^53. */
const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: "text" | "binary") => {
  if (oid === pg.types.builtins.INT8 || oid === pg.types.builtins.NUMERIC) return Number;
  return pg.types.getTypeParser(oid, format as "text");
};
