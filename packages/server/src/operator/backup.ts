import { resolve } from "node:path";
import { type Config, ConfigError } from "../config.ts";
import { deriveKeys } from "../keys.ts";
import { readSecretFile, secretPath, writeSecretFile } from "../secret-file.ts";
import { backUpSqlite, readBackup, restoreSqlite } from "../store/sqlite-backup.ts";
import { findSecretWeakness } from "../weak-secret.ts";
import { sentence } from "./printable.ts";

/** Writes database and key into one file; returns what is to be said. Throws `ConfigError` where that is not possible. */
export async function backUp(config: Config, file: string, now: number): Promise<string> {
  requireSqlite(config, "back up", "pg_dump --format=custom --file=FILE");
  const secret = config.secret_key ?? readSecretFile(config.data_dir);
  if (secret === undefined) {
    throw new ConfigError(
      `There is no key ${secretPath(config.data_dir)}: without it no token is any good`,
    );
  }
  await backUpSqlite(config.data_dir, file, {
    secret_key: secret,
    made_at: new Date(now).toISOString(),
  });
  return `${resolve(file)} holds the database and the server's key: keep it as you keep a password.\n`;
}

/** Puts a backup into a data folder that has no database. */
export function restore(config: Config, file: string): string {
  requireSqlite(config, "restore", "pg_restore --dbname=DATABASE_URL FILE");
  const { notes, keyIds } = readBackup(file);
  const { secret_key: secret = "", made_at: madeAt = "" } = notes;
  const path = secretPath(config.data_dir);
  const present = config.secret_key ?? readSecretFile(config.data_dir);
  const isOther =
    present !== undefined && deriveKeys(present).version !== deriveKeys(secret).version;
  if (isOther && !config.previous_secret_keys.includes(secret)) {
    const where = config.secret_key === undefined ? path : "TESSERA_SECRET_KEY";
    throw new ConfigError(
      `${where} is not the key of this backup: move it away, or name the backup's in TESSERA_PREVIOUS_SECRET_KEYS`,
    );
  }
  const weakness = secret.length < 32 ? "is short" : findSecretWeakness(secret);
  if (present === undefined && weakness !== undefined) {
    throw new ConfigError(
      `The key in ${file} ${weakness}, and no start takes it: give a better one in TESSERA_SECRET_KEY, and that in TESSERA_PREVIOUS_SECRET_KEYS`,
    );
  }
  const given = [secret, ...config.previous_secret_keys];
  const isItsOwn = keyIds.size === 0 || given.some((key) => keyIds.has(deriveKeys(key).version));
  // In a file its ends would be others.
  if (present === undefined && (secret !== secret.trim() || !isItsOwn)) {
    throw new ConfigError(
      `The key in ${file} is not the one of its database: name that in TESSERA_SECRET_KEY, or take another backup`,
    );
  }
  restoreSqlite(config.data_dir, file, () => {
    // First: a start that finds the key and no database says so, and this can be run again.
    if (present === undefined) writeSecretFile(path, secret);
  });
  return [
    `${resolve(config.data_dir)} is as it was at ${sentence(madeAt)}.`,
    "What was revoked or ended since then is valid again: revoke it once more.",
    "",
  ].join("\n");
}

function requireSqlite(config: Config, verb: string, command: string): void {
  if (config.database_url === undefined) return;
  const key =
    config.secret_key === undefined ? secretPath(config.data_dir) : "the key in TESSERA_SECRET_KEY";
  throw new ConfigError(
    `DATABASE_URL names PostgreSQL, which its own programs ${verb}: ${command}. Keep ${key} with it: without the key no token of it is any good`,
  );
}
