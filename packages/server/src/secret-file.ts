import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { ConfigError } from "./config.ts";
import { findOpening } from "./private-files.ts";
import { findSecretWeakness, secretAdvice } from "./weak-secret.ts";

/** The server's secret, and where it is kept. */
export interface Secret {
  readonly text: string;
  /** `made`: it is in no file yet. */
  readonly origin: "setting" | "file" | "made";
  /** Its file in the data folder, whether or not there is one. */
  readonly path: string;
}

/** The configured secret, or that of the data folder, which nobody else may read, or else a new one. */
export function loadSecret(
  configured: string | undefined,
  dataDir: string,
  randomBytes: (count: number) => Uint8Array,
): Secret {
  const path = secretPath(dataDir);
  if (configured !== undefined) return { text: configured, origin: "setting", path };
  const found = readSecretFile(dataDir);
  if (found !== undefined) return { text: found, origin: "file", path };
  return { text: makeSecret(randomBytes), origin: "made", path };
}

/** Of some millions one holds such a word by chance, and would stop the next start. */
function makeSecret(randomBytes: (count: number) => Uint8Array): string {
  for (;;) {
    const text = Buffer.from(randomBytes(32)).toString("base64url");
    if (findSecretWeakness(text) === undefined) return text;
  }
}

/** The secret of the data folder, where there is one; throws where it will not do. */
export function readSecretFile(dataDir: string): string | undefined {
  const path = secretPath(dataDir);
  if (!existsSync(path)) return undefined;
  if (!statSync(path).isFile()) throw new ConfigError(`${path} is no file: ${backAdvice}`);
  const opening = findOpening(path);
  if (opening !== undefined) throw new ConfigError(opening);
  const secret = read(path).trim();
  if (secret.length < 32) {
    throw new ConfigError(`${path} must hold at least 32 characters of randomness: ${backAdvice}`);
  }
  const weakness = findSecretWeakness(secret);
  if (weakness === undefined) return secret;
  throw new ConfigError(
    `${path} holds a secret that ${weakness}: ${backAdvice}; where there is none yet, ${secretAdvice}`,
  );
}

/** What was stored under a key is good under no other. */
const backAdvice = "put back the one that was there, or restore a backup, which holds it";

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as { code?: unknown };
    throw new ConfigError(
      `${path} cannot be read (${code}): it must belong to the user that the server runs as`,
    );
  }
}

/** For its owner alone; throws where there is such a file already. */
export function writeSecretFile(path: string, secret: string): void {
  const file = openSync(path, "wx", 0o600);
  writeSync(file, `${secret}\n`);
  fsyncSync(file);
  closeSync(file);
}

export function secretPath(dataDir: string): string {
  return join(dataDir, "secret.key");
}
