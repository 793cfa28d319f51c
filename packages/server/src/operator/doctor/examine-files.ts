import { accessSync, constants, existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { type Config, ConfigError, listSecretsInFile } from "../../config.ts";
import { findOpenMode, listOpenDatabaseFiles, openFileText } from "../../private-files.ts";
import { readSecretFile, secretPath } from "../../secret-file.ts";
import { type Finding, findingsOf } from "./finding.ts";

const { fine, wrong } = findingsOf("files");

/** Who may read and change what the server keeps: its folder, its key, its database and its file of settings. */
export function examineFiles(config: Config, configFile: string | undefined): readonly Finding[] {
  const found = [
    ...examineFolder(config.data_dir),
    ...(config.secret_key === undefined ? examineKey(config.data_dir) : []),
    ...(config.database_url === undefined ? listOpenDatabaseFiles(config.data_dir).map(wrong) : []),
    ...(configFile === undefined ? [] : examineConfigFile(configFile)),
  ];
  return found.length > 0 ? found : [fine("Folder, key and settings are their owner's alone.")];
}

function examineFolder(dataDir: string): readonly Finding[] {
  const path = resolve(dataDir);
  if (!existsSync(path)) {
    return [
      wrong(`There is no folder ${path}: start the server once, or name it in TESSERA_DATA_DIR`),
    ];
  }
  try {
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch {
    return [
      wrong(
        `${path} cannot be written by this user: run this, and the server, as its owner, or give it away with chown`,
      ),
    ];
  }
  // Others may read the names of files in it, which tell nothing; they must not put files there.
  const mode = statSync(path).mode & 0o022;
  if (process.platform === "win32" || mode === 0) return [];
  return [wrong(`${path} can be written by others: run chmod 700 ${path}`)];
}

function examineKey(dataDir: string): readonly Finding[] {
  try {
    if (readSecretFile(dataDir) !== undefined) return [];
    const path = secretPath(dataDir);
    return [
      wrong(
        `There is no key ${path}: put it back, or name it in TESSERA_SECRET_KEY; where the database is new, the first start makes one`,
      ),
    ];
  } catch (error) {
    if (error instanceof ConfigError) return [wrong(error.message)];
    throw error;
  }
}

function examineConfigFile(path: string): readonly Finding[] {
  const mode = findOpenMode(path);
  const secrets = listSecretsInFile(path);
  if (mode === undefined || secrets.length === 0) return [];
  return [wrong(`${openFileText(path, mode)}, as it holds ${secrets.join(", ")}`)];
}
