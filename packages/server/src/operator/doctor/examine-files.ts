import { accessSync, constants, existsSync } from "node:fs";
import { resolve } from "node:path";
import { type Config, ConfigError } from "../../config.ts";
import { findOpenSettings } from "../../open-settings.ts";
import { findOpenFolder, listOpenDatabaseFiles } from "../../private-files.ts";
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
  const opening = findOpenFolder(path);
  return opening === undefined ? [] : [wrong(opening)];
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
  const open = findOpenSettings(path);
  return open === undefined ? [] : [wrong(open.sentence)];
}
