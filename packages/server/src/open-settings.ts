import { ConfigError, listSecretsInFile } from "./config.ts";
import { findOpening } from "./private-files.ts";

interface OpenSettings {
  /** What is open, what it holds, and the command that mends it. */
  readonly sentence: string;
  /** Whether who reads it can make tokens and sessions of anybody. */
  readonly holdsKeys: boolean;
}

const keySettings = ["secret_key", "previous_secret_keys"];

/** The file of settings, where it holds secrets and others may read or change it. Throws {@link ConfigError}. */
export function findOpenSettings(path: string): OpenSettings | undefined {
  const opening = findOpening(path);
  const secrets = opening === undefined ? [] : listSecretsInFile(path);
  if (opening === undefined || secrets.length === 0) return undefined;
  return {
    sentence: `${opening}, as it holds ${secrets.join(", ")}`,
    holdsKeys: secrets.some((name) => keySettings.includes(name)),
  };
}

/** A key there is one that others can read, as in the data folder; what else is secret there is told and opens less. */
export function requireClosedKeys(path: string | undefined): readonly string[] {
  const open = path === undefined ? undefined : findOpenSettings(path);
  if (open?.holdsKeys === true) throw new ConfigError(open.sentence);
  return open === undefined ? [] : [open.sentence];
}
