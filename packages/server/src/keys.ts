import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  hkdfSync,
  type KeyObject,
} from "node:crypto";
import { closeSync, existsSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { ConfigError } from "./config.ts";
import { findOpenMode, openFileText } from "./private-files.ts";
import { insertServerKey, listServerKeys } from "./server-keys-store.ts";
import type { Database } from "./store/database.ts";
import { findSecretWeakness, secretAdvice } from "./weak-secret.ts";

/** One version of the server's secret: what is stored under it says so. */
interface KeyVersion {
  readonly id: string;
  readonly digestKey: Buffer;
}

/** The server's keys; all derive from one secret. */
export interface Keys {
  /** The version under which new digests are made. */
  readonly version: string;
  /** HMAC-SHA-256 of `text`, hexadecimal, for one purpose; throws where the version is not known. */
  digest(purpose: DigestPurpose, text: string, version?: string): string;
  readonly sessionSigningKey: KeyObject;
  readonly sessionVerifyingKey: KeyObject;
}

/** Digests of different purposes never equal each other. */
type DigestPurpose = "token" | "client-secret" | "refresh-token" | "sign-in-name" | "device";

/** Derives the keys from the current secret and those it replaced. */
export function deriveKeys(secret: string, previousSecrets: readonly string[] = []): Keys {
  const current = deriveVersion(secret);
  const versions = new Map(
    [current, ...previousSecrets.map(deriveVersion)].map((version) => [version.id, version]),
  );
  const sessionSigningKey = createPrivateKey({
    // PKCS #8 of an Ed25519 seed, RFC 8410 section 7.
    key: Buffer.concat([
      Buffer.from("302e020100300506032b657004220420", "hex"),
      derive(secret, "session-signing"),
    ]),
    format: "der",
    type: "pkcs8",
  });
  return {
    version: current.id,
    digest: (purpose, text, versionId = current.id) => {
      const version = versions.get(versionId);
      if (version === undefined) throw new Error(`a digest names the unknown key ${versionId}`);
      return createHmac("sha256", version.digestKey).update(`${purpose}\n${text}`).digest("hex");
    },
    sessionSigningKey,
    sessionVerifyingKey: createPublicKey(sessionSigningKey),
  };
}

/** The configured secret, or the one made at first start in the data folder (mode 0600), which nobody else may read. */
export function loadSecret(
  configured: string | undefined,
  dataDir: string,
  randomBytes: (count: number) => Uint8Array,
): string {
  if (configured !== undefined) return configured;
  const path = join(dataDir, "secret.key");
  if (!existsSync(path)) writeNewFile(path, Buffer.from(randomBytes(32)).toString("base64url"));
  const mode = findOpenMode(path);
  if (mode !== undefined) throw new ConfigError(openFileText(path, mode));
  const secret = readFileSync(path, "utf8").trim();
  if (secret.length < 32) {
    throw new ConfigError(`${path} must hold at least 32 characters of randomness`);
  }
  const weakness = findSecretWeakness(secret);
  if (weakness === undefined) return secret;
  throw new ConfigError(`${path} holds a secret that ${weakness}: ${secretAdvice}`);
}

/** Refuses to go on where digests are stored that none of the keys made: every token would be refused. */
export async function requireKnownKeys(database: Database, keys: Keys, now: number): Promise<void> {
  await database.inTransaction(async (trx) => {
    const stored = await listServerKeys(trx);
    for (const { id, fingerprint } of stored) {
      if (isKnown(keys, id, fingerprint)) continue;
      throw new ConfigError(
        `TESSERA_SECRET_KEY is not the key under which this database's tokens are stored (version ${id}): give that key, or name it in TESSERA_PREVIOUS_SECRET_KEYS`,
      );
    }
    if (stored.some(({ id }) => id === keys.version)) return;
    const fingerprint = keys.digest("token", fingerprintText);
    await insertServerKey(trx, { id: keys.version, fingerprint, at: now });
  });
}

const fingerprintText = "tessera server key";

function isKnown(keys: Keys, version: string, fingerprint: string): boolean {
  try {
    return keys.digest("token", fingerprintText, version) === fingerprint;
  } catch {
    return false;
  }
}

function deriveVersion(secret: string): KeyVersion {
  return {
    id: derive(secret, "key-version").toString("hex").slice(0, 12),
    digestKey: derive(secret, "digest"),
  };
}

function derive(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, "tessera", purpose, 32));
}

function writeNewFile(path: string, content: string): void {
  const file = openSync(path, "wx", 0o600);
  writeSync(file, `${content}\n`);
  closeSync(file);
}
