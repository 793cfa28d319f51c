import type { Config } from "../config.ts";
import { openDatabase } from "../store/database.ts";
import { planMigrations } from "../store/inspection.ts";
import { NewerDatabaseError } from "../store/migrate.ts";

/** Brings the database to this program's schema, or says what that would be; no server may run on it on SQLite. */
export async function migrateDatabase(
  config: Config,
  { isDryRun }: { readonly isDryRun: boolean },
): Promise<string> {
  const place = { databaseUrl: config.database_url, dataDir: config.data_dir };
  const { missing, unknown } = await planMigrations(place);
  if (unknown.length > 0) throw new NewerDatabaseError(unknown);
  if (missing.length === 0) return "The database has the schema of this version.\n";
  const names = missing.map((name) => `  ${name}\n`).join("");
  if (isDryRun) return `To be done, all or none:\n${names}`;
  const database = await openDatabase({
    ...place,
    databaseListenUrl: config.database_listen_url,
    hasSessions: config.database_prepared,
  });
  await database.close();
  return `Done:\n${names}`;
}
