import { type Config, ConfigError } from "../config.ts";
import { deriveKeys, type Keys } from "../keys.ts";
import { readSecretFile, secretPath } from "../secret-file.ts";
import { listServerKeys } from "../server-keys-store.ts";
import { readPlainly } from "../store/inspection.ts";

/**
 * The keys of the settings, and those of the database where it can be read just now; changes nothing. Throws a
 * `ConfigError` where there is no secret.
 */
export async function readKeys(config: Config): Promise<Keys> {
  const secret = config.secret_key ?? readSecretFile(config.data_dir);
  if (secret === undefined) {
    throw new ConfigError(
      `There is no key ${secretPath(config.data_dir)}: give the server's in TESSERA_SECRET_KEY, or name its folder in TESSERA_DATA_DIR`,
    );
  }
  const keys = deriveKeys(secret, config.previous_secret_keys);
  const place = { databaseUrl: config.database_url, dataDir: config.data_dir };
  try {
    keys.load(await readPlainly(place, listServerKeys));
  } catch {
    // Not here, or of another version: what only it knows is told by whatever needs it.
  }
  return keys;
}
