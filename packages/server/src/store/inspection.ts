import { existsSync, statfsSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { Kysely, sql } from "kysely";
import type { DatabaseOptions } from "./database.ts";
import { type MigrationState, readMigrationState } from "./migrate.ts";
import { listMigrations } from "./migrations/index.ts";
import { postgresWords, sqliteWords } from "./migrations/sql-words.ts";
import { compareSchema, listOwnTables, type SchemaDifference } from "./own-schema.ts";
import { onPlainPostgres } from "./postgres-setup.ts";
import type { Schema } from "./schema.ts";
import { sqliteDialect } from "./sqlite-database.ts";
import { explainSqlite, requireJournal, sqlitePath } from "./sqlite-files.ts";

type Place = Pick<DatabaseOptions, "databaseUrl" | "dataDir">;

/** A database as it is found, in use or not. */
export type DatabaseFacts = SqliteFacts | PostgresFacts;

export interface SqliteFacts {
  readonly kind: "sqlite";
  readonly path: string;
  /** Of SQLite. */
  readonly version: string;
  readonly migrations: MigrationState;
  readonly difference: SchemaDifference;
  readonly sizeBytes: number;
  /** On its disk, for this user. */
  readonly freeBytes: number;
  /** What SQLite finds damaged, in its words. */
  readonly damages: readonly string[];
}

export interface PostgresFacts {
  readonly kind: "postgres";
  /** `150004` is 15.4. */
  readonly version: number;
  readonly migrations: MigrationState;
  readonly difference: SchemaDifference;
  readonly sizeBytes: number;
  readonly encoding: string;
  readonly isReadOnly: boolean;
  readonly maxPredLocksPerTransaction: number;
  readonly maxConnections: number;
  /** How far its clock is before this machine's, in milliseconds, give or take `uncertainty`. */
  readonly clockAhead: number;
  readonly uncertainty: number;
}

/** Looks at a database and changes nothing. Throws a `DatabaseSetupError` where it cannot be read. */
export async function inspectDatabase({ databaseUrl, dataDir }: Place): Promise<DatabaseFacts> {
  return databaseUrl === undefined ? inspectSqlite(dataDir) : inspectPostgres(databaseUrl);
}

/** Which migrations a start would run. Throws a `DatabaseSetupError` where the database cannot be read. */
export async function planMigrations(place: Place): Promise<MigrationState> {
  const words = place.databaseUrl === undefined ? sqliteWords : postgresWords;
  return readPlainly(place, (db) => readMigrationState(db, listMigrations(words)));
}

/** Reads on one connection, whatever schema the database has; where there is no file, in an empty one. */
export async function readPlainly<T>(
  { databaseUrl, dataDir }: Place,
  work: (db: Kysely<Schema>) => Promise<T>,
): Promise<T> {
  return databaseUrl === undefined
    ? onPlainSqlite(dataDir, work)
    : onPlainPostgres(databaseUrl, "tessera operator", work);
}

/** With a connection that cannot write; where there is no file yet, with an empty database in memory. */
async function onPlainSqlite<T>(
  dataDir: string,
  work: (db: Kysely<Schema>, connection: DatabaseSync) => Promise<T>,
): Promise<T> {
  const path = sqlitePath(dataDir);
  try {
    requireJournal(path);
    const connection = existsSync(path)
      ? new DatabaseSync(path, { readOnly: true, timeout: 5_000 })
      : new DatabaseSync(":memory:");
    try {
      return await work(new Kysely<Schema>({ dialect: sqliteDialect(connection) }), connection);
    } finally {
      connection.close();
    }
  } catch (error) {
    throw explainSqlite(path, error);
  }
}

const MAXIMUM_DAMAGES = 5;

async function inspectSqlite(dataDir: string): Promise<SqliteFacts> {
  const path = sqlitePath(dataDir);
  return onPlainSqlite(dataDir, async (db, connection) => {
    const all = (statement: string) => connection.prepare(statement).all();
    const pages = all(`pragma integrity_check(${MAXIMUM_DAMAGES})`).map((row) =>
      String(row.integrity_check),
    );
    const orphans = all("pragma foreign_key_check").map(
      ({ table, parent }) => `a row of ${table} names one of ${parent} that is not there`,
    );
    const { bavail, bsize } = statfsSync(dataDir);
    const migrations = await readMigrationState(db, listMigrations(sqliteWords));
    return {
      kind: "sqlite",
      path,
      version: String(all("select sqlite_version() as version")[0]?.version),
      migrations,
      // What a newer version makes is not known here.
      difference:
        migrations.unknown.length > 0 ? none : await compareSchema(connection, doneOf(migrations)),
      sizeBytes: existsSync(path) ? statSync(path).size : 0,
      freeBytes: bavail * bsize,
      damages: [...pages.filter((line) => line !== "ok"), ...orphans].slice(0, MAXIMUM_DAMAGES),
    };
  });
}

const none: SchemaDifference = { missing: [], early: [], strange: [] };

function doneOf({ missing }: MigrationState): readonly string[] {
  return Object.keys(listMigrations(sqliteWords)).filter((name) => !missing.includes(name));
}

/** Tables that are missing, and what acts when Tessera writes; what else there is may be anybody's. */
async function comparePostgres(
  db: Kysely<Schema>,
  { missing, unknown }: MigrationState,
): Promise<SchemaDifference> {
  if (missing.length > 0 || unknown.length > 0) return none;
  const own = (await listOwnTables()).map(({ name }) => name);
  const found = (await db.introspection.getTables()).map(({ name }) => name);
  const { rows } = await sql<{ name: string; table: string }>`
    select tgname as name, relname as table from pg_trigger join pg_class on pg_class.oid = tgrelid
    where not tgisinternal and relnamespace = current_schema()::regnamespace and relname in (${sql.join(own)})
    order by 1, 2`.execute(db);
  return {
    missing: own.filter((name) => !found.includes(name)).map((name) => `table ${name}`),
    early: [],
    strange: rows.map(({ name, table }) => `trigger ${name} on ${table}`),
  };
}

async function inspectPostgres(databaseUrl: string): Promise<PostgresFacts> {
  return onPlainPostgres(databaseUrl, "tessera doctor", async (db) => {
    // The connection is there already when the clocks are compared.
    const migrations = await readMigrationState(db, listMigrations(postgresWords));
    const askedAt = Date.now();
    const { rows } = await sql<{ clock: string }>`
      select (extract(epoch from clock_timestamp()) * 1000)::bigint as clock`.execute(db);
    const uncertainty = (Date.now() - askedAt) / 2;
    const settings = await sql<{
      version: number;
      size: string;
      encoding: string;
      is_read_only: boolean;
      locks: number;
      connections: number;
    }>`
      select current_setting('server_version_num')::int as version,
        pg_database_size(current_database()) as size,
        pg_encoding_to_char(encoding) as encoding,
        pg_is_in_recovery() or current_setting('default_transaction_read_only') = 'on' as is_read_only,
        current_setting('max_pred_locks_per_transaction')::int as locks,
        current_setting('max_connections')::int as connections
      from pg_database where datname = current_database()`.execute(db);
    const [found] = settings.rows;
    const difference = await comparePostgres(db, migrations);
    if (found === undefined) throw new Error("PostgreSQL does not know the database that it is in");
    return {
      kind: "postgres",
      version: found.version,
      migrations,
      difference,
      sizeBytes: Number(found.size),
      encoding: found.encoding,
      isReadOnly: found.is_read_only,
      maxPredLocksPerTransaction: found.locks,
      maxConnections: found.connections,
      clockAhead: Number(rows[0]?.clock) - (askedAt + uncertainty),
      uncertainty,
    };
  });
}
