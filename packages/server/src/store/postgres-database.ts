import { setTimeout as delay } from "node:timers/promises";
import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import type { Database, SqlValue, StoreLog } from "./database.ts";
import { isRetryable } from "./driver-errors.ts";
import { migrate } from "./migrate.ts";
import { listMigrations } from "./migrations/index.ts";
import { postgresWords } from "./migrations/sql-words.ts";
import { openChangeChannel } from "./postgres-changes.ts";
import type { Schema } from "./schema.ts";
import { searchKey } from "./search-key.ts";
import { createTransactionScope } from "./transaction-scope.ts";

const POOL_SIZE = 10;
const CONNECT_TIMEOUT_MILLISECONDS = 5_000;
const STATEMENT_TIMEOUT_MILLISECONDS = 30_000;
const MAX_ATTEMPTS = 10;
/** Any constant: processes that migrate the same database wait for each other on it. */
const MIGRATION_LOCK = 7_353_537;

export async function openPostgres(databaseUrl: string, log?: StoreLog): Promise<Database> {
  const pool = openPool(databaseUrl);
  // Without a listener an idle connection that breaks would end the process.
  pool.on("error", (error) => log?.warn({ err: error }, "An idle database connection was lost"));
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  const changes = openChangeChannel(databaseUrl, log);
  const inScope = createTransactionScope();
  const close = async () => {
    await changes.close();
    await db.destroy();
  };
  try {
    await migrateUnderLock(db);
  } catch (error) {
    await close();
    throw error;
  }

  let preparedCount = 0;
  return {
    dialect: "postgres",
    read: db,
    inTransaction: (work) =>
      inScope(() =>
        retrying(() => db.transaction().setIsolationLevel("serializable").execute(work)),
      ),
    preparedRead: <Row>(statement: string) => {
      preparedCount += 1;
      const name = `read_${preparedCount}`;
      const text = numberPlaceholders(statement);
      return async (parameters) => {
        const { rows } = await pool.query({ name, text, values: [...parameters] as SqlValue[] });
        return rows[0] as Row | undefined;
      };
    },
    jsonContains: (column, wanted) =>
      sql`${column}::jsonb @> cast(${JSON.stringify(wanted)} as jsonb)`,
    containsText: (keyColumn, text) =>
      sql`${keyColumn} like ${`%${escapeLike(searchKey(text))}%`} escape '\\'`,
    changes,
    isReachable: async () => {
      try {
        await pool.query("select 1");
        return true;
      } catch {
        return false;
      }
    },
    close,
  };
}

function openPool(databaseUrl: string): pg.Pool {
  return new pg.Pool({
    connectionString: databaseUrl,
    application_name: "tessera",
    max: POOL_SIZE,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MILLISECONDS,
    statement_timeout: STATEMENT_TIMEOUT_MILLISECONDS,
    idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MILLISECONDS,
    keepAlive: true,
    types: { getTypeParser },
  });
}

/** Counts, sums and milliseconds arrive as numbers: none comes near 2^53. */
const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: "text" | "binary") => {
  if (oid === pg.types.builtins.INT8 || oid === pg.types.builtins.NUMERIC) return Number;
  return pg.types.getTypeParser(oid, format as "text");
};

async function migrateUnderLock(db: Kysely<Schema>): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await sql`set local statement_timeout = 0`.execute(trx);
    await sql`select pg_advisory_xact_lock(${MIGRATION_LOCK})`.execute(trx);
    await migrate(trx, listMigrations(postgresWords));
  });
}

async function retrying<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || !isRetryable(error)) throw error;
      await delay(Math.random() * 2 ** attempt);
    }
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
