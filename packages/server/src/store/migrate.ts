import { type Kysely, sql } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import type { Schema } from "./schema.ts";
import { DatabaseSetupError } from "./setup-error.ts";

const MIGRATION_TABLE = "tessera_migration";

/** Runs the migrations that are missing, all or none; processes that start together wait for each other. */
export async function migrate(
  db: Kysely<Schema>,
  migrations: Record<string, Migration>,
): Promise<void> {
  await refuseNewerDatabase(db, migrations);
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
  throw new Error(
    `Migrating the database failed at ${failed?.migrationName ?? "its start"}: ${cause}`,
    { cause: error },
  );
}

/** Refuses a database to which migrations of this program are missing, where it is not for this process to run them. */
export async function requireMigrated(
  db: Kysely<Schema>,
  migrations: Record<string, Migration>,
): Promise<void> {
  const names = await refuseNewerDatabase(db, migrations);
  if (Object.keys(migrations).every((name) => names.includes(name))) return;
  throw new DatabaseSetupError(
    "The server that is running on this database is older than this program: start this version of it first",
  );
}

/** Otherwise the names of the migrations that have been run. */
async function refuseNewerDatabase(
  db: Kysely<Schema>,
  migrations: Record<string, Migration>,
): Promise<readonly string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === MIGRATION_TABLE)) return [];
  const table = sql.table(MIGRATION_TABLE);
  const { rows } = await sql<{ name: string }>`select name from ${table} order by name`.execute(db);
  const names = rows.map(({ name }) => name);
  const unknown = names.filter((name) => !Object.hasOwn(migrations, name));
  if (unknown.length > 0) throw new NewerDatabaseError(unknown);
  return names;
}

/** The database has migrations that this program does not know. */
export class NewerDatabaseError extends DatabaseSetupError {
  constructor(names: readonly string[]) {
    super(
      `This database was written by a newer version of Tessera (unknown migration: ${names.join(", ")}). ` +
        "Start that version or a later one, or restore the backup made before the upgrade.",
    );
    this.name = "NewerDatabaseError";
  }
}
