import { type Config, ConfigError } from "../config.ts";
import { othersWords } from "../others-words.ts";
import { planMigrations } from "../store/inspection.ts";
import { NewerDatabaseError } from "../store/migrate.ts";
import { moveToPostgres } from "../store/move-to-postgres.ts";

/** Moves a SQLite database into an empty PostgreSQL one; returns what is to be said. Throws a `ConfigError`. */
export async function move(config: Config, target: string): Promise<string> {
  if (config.database_url !== undefined) {
    throw new ConfigError("DATABASE_URL names PostgreSQL already: what is moved is in SQLite");
  }
  if (!/^postgres(ql)?:\/\//.test(target))
    throw new ConfigError("--to must begin with postgres://");
  const { missing, unknown } = await planMigrations({ dataDir: config.data_dir });
  if (unknown.length > 0) throw new NewerDatabaseError(unknown);
  if (missing.length > 0) {
    throw new ConfigError(
      "The database lacks migrations of this version: run tessera migrate first",
    );
  }
  const { moved, left } = await moveToPostgres(config.data_dir, target);
  const lines = moved.map(
    ({ table, rows, checksum }) =>
      `  ${table.padEnd(20)} ${String(rows).padStart(9)}  ${checksum}\n`,
  );
  const key = config.secret_key === undefined ? "its secret.key" : "the same TESSERA_SECRET_KEY";
  return [
    "Moved, with as many rows and the same checksum of each table on both sides:\n",
    ...lines,
    ...(left.length === 0
      ? []
      : [`Left, as it is not Tessera's: ${othersWords(left.join(", "))}\n`]),
    `Start the servers with DATABASE_URL and ${key}, and prove the trail with: tessera audit verify\n`,
    "Move tessera.sqlite away then: what is written there is in no other place.\n",
  ].join("");
}
