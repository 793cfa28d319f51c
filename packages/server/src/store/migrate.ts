import { type Kysely, sql } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import { othersWords } from "../others-words.ts";
import { classifyDriverError } from "./driver-errors.ts";
import type { Schema } from "./schema.ts";
import { DatabaseSetupError } from "./setup-error.ts";

const MIGRATION_TABLE = "tessera_migration";

/** Which migrations a database has not had, and which it has had that this program does not know; oldest first. */
export interface MigrationState {
  readonly missing: readonly string[];
  readonly unknown: readonly string[];
}

/** Reads it; changes nothing, also in a database that has never been opened. */
export async function readMigrationState(
  db: Kysely<Schema>,
  migrations: Record<string, Migration>,
): Promise<MigrationState> {
  const done = await listDone(db);
  return {
    missing: Object.keys(migrations).filter((name) => !done.includes(name)),
    unknown: done.filter((name) => !Object.hasOwn(migrations, name)),
  };
}

/** Runs the migrations that are missing, all or none; processes that start together wait for each other. */
export async function migrate(
  db: Kysely<Schema>,
  migrations: Record<string, Migration>,
): Promise<void> {
  const { missing } = await refuseNewerDatabase(db, migrations);
  // The migrator would wait for whoever writes, only to find that there is nothing to do.
  if (missing.length === 0) return;
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => migrations },
    migrationTableName: MIGRATION_TABLE,
    migrationLockTableName: `${MIGRATION_TABLE}_lock`,
  });
  const { error, results = [] } = await migrator.migrateToLatest();
  if (error === undefined) return;
  const failed = results.find(({ status }) => status === "Error");
  const cause = error instanceof Error ? error.message : String(error);
  const said = `Migrating the database failed at ${failed?.migrationName ?? "its start"}: ${cause}`;
  // Of a disk, a lock or a connection others know more.
  if (classifyDriverError(error).kind !== "other") throw new Error(said, { cause: error });
  throw new DatabaseSetupError(
    `${othersWords(said)}. Nothing was changed: the database is not as earlier versions made it, which tessera doctor tells more of; restore a backup`,
    { cause: error },
  );
}

/** Refuses a database to which migrations of this program are missing, where it is not for this process to run them. */
export async function requireMigrated(
  db: Kysely<Schema>,
  migrations: Record<string, Migration>,
): Promise<void> {
  const { missing } = await refuseNewerDatabase(db, migrations);
  if (missing.length === 0) return;
  throw new DatabaseSetupError(
    "The server that is running on this database is older than this program: start this version of it first",
  );
}

async function refuseNewerDatabase(
  db: Kysely<Schema>,
  migrations: Record<string, Migration>,
): Promise<MigrationState> {
  const state = await readMigrationState(db, migrations);
  if (state.unknown.length > 0) throw new NewerDatabaseError(state.unknown);
  return state;
}

async function listDone(db: Kysely<Schema>): Promise<readonly string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === MIGRATION_TABLE)) return [];
  const table = sql.table(MIGRATION_TABLE);
  const { rows } = await sql<{ name: string }>`select name from ${table} order by name`.execute(db);
  return rows.map(({ name }) => name);
}

/** The database has migrations that this program does not know. */
export class NewerDatabaseError extends DatabaseSetupError {
  constructor(names: readonly string[]) {
    super(
      `This database was written by a newer version of Tessera (unknown migration: ${othersWords(names.join(", "))}). ` +
        "Start that version or a later one, or restore the backup made before the upgrade.",
    );
    this.name = "NewerDatabaseError";
  }
}
