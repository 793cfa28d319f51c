import { sql, type Transaction } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import type { Schema } from "./schema.ts";

/** Runs what is missing; the caller's transaction must exclude every other migrating process. */
export async function migrate(
  trx: Transaction<Schema>,
  migrations: Record<string, Migration>,
): Promise<void> {
  await refuseNewerDatabase(trx, migrations);
  const migrator = new Migrator({ db: trx, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}

async function refuseNewerDatabase(
  trx: Transaction<Schema>,
  migrations: Record<string, Migration>,
): Promise<void> {
  const tables = await trx.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === "kysely_migration")) return;
  const { rows } = await sql<{
    name: string;
  }>`select name from kysely_migration order by name`.execute(trx);
  const unknown = rows.filter(({ name }) => !Object.hasOwn(migrations, name));
  if (unknown.length > 0) throw new NewerDatabaseError(unknown.map(({ name }) => name));
}

/** The database has migrations that this program does not know. */
export class NewerDatabaseError extends Error {
  constructor(names: readonly string[]) {
    super(
      `This database was written by a newer version of Tessera (unknown migration ${names.join(", ")}): ` +
        "start that version or a later one, or restore the backup made before the upgrade.",
    );
    this.name = "NewerDatabaseError";
  }
}
