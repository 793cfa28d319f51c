import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  hkdfSync,
  type KeyObject,
} from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { type AuditKeys, createAuditKeys } from "./changes/audit-keys.ts";
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
  /** Under it the records of changes are linked to each other; of it follows nothing of the others. */
  readonly audit: AuditKeys;
}

/** Digests of different purposes never equal each other. */
type DigestPurpose =
  | "token"
  | "client-secret"
  | "refresh-token"
  | "sign-in-name"
  | "device"
  | "account-link"
  | "account-link-secret"
  | "calendar-feed"
  | "operator";

/** Derives the keys from the current secret and those it replaced. */
export function deriveKeys(secret: string, previousSecrets: readonly string[] = []): Keys {
  const current = deriveVersion(secret);
  const versions = new Map(
    [current, ...previousSecrets.map(deriveVersion)].map((version) => [version.id, version]),
  );
  const sessionSigningKey = signingKeyOf(derive(secret, "session-signing"));
  return {
    version: current.id,
    digest: (purpose, text, versionId = current.id) => {
      const version = versions.get(versionId);
      if (version === undefined) throw new Error(`a digest names the unknown key ${versionId}`);
      return createHmac("sha256", version.digestKey).update(`${purpose}\n${text}`).digest("hex");
    },
    sessionSigningKey,
    sessionVerifyingKey: createPublicKey(sessionSigningKey),
    audit: createAuditKeys(
      [secret, ...previousSecrets].map((each) => ({
        id: deriveVersion(each).id,
        hashKey: derive(each, "audit"),
        signingKey: signingKeyOf(derive(each, "audit-signing")),
      })),
    ),
  };
}

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
  return { text: Buffer.from(randomBytes(32)).toString("base64url"), origin: "made", path };
}

/** The secret of the data folder, where there is one; throws where it will not do. */
export function readSecretFile(dataDir: string): string | undefined {
  const path = secretPath(dataDir);
  if (!existsSync(path)) return undefined;
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

/**
 * Refuses to go on where digests are stored that none of the keys made: every token would be refused; and where nothing
 * is stored beside a secret that has been in use: what it was used for is lost, and must not begin anew in silence.
 * A secret that was made is kept in its file from here on.
 */
export async function requireKnownKeys(
  database: Pick<Database, "inTransaction">,
  keys: Keys,
  now: number,
  secret?: Secret,
): Promise<void> {
  let isWritten = false;
  await database.inTransaction(async (trx) => {
    const stored = await listServerKeys(trx);
    for (const { id, fingerprint } of stored) {
      if (!isKnown(keys, id, fingerprint)) throw new ConfigError(unknownKeyText(id, secret));
    }
    if (stored.some(({ id }) => id === keys.version)) return;
    if (stored.length === 0 && secret?.origin === "file") throw new ConfigError(lostText(secret));
    if (secret?.origin === "made" && !isWritten) writeSecretFile(secret.path, secret.text);
    isWritten = true;
    const fingerprint = keys.digest("token", fingerprintText);
    await insertServerKey(trx, { id: keys.version, fingerprint, at: now });
  });
}

function unknownKeyText(id: string, secret: Secret | undefined): string {
  if (secret?.origin === "made") {
    return `${secret.path} is missing, and with it the key under which this database's tokens are stored (version ${id}): put the file back, give the key in TESSERA_SECRET_KEY, or restore a backup, which holds both`;
  }
  return `TESSERA_SECRET_KEY is not the key under which this database's tokens are stored (version ${id}): give that key, or name it in TESSERA_PREVIOUS_SECRET_KEYS`;
}

function lostText({ path }: Secret): string {
  return `The database is empty, but ${path} has been in use: was the database lost, or tessera.sqlite copied without its tessera.sqlite-wal? Restore a backup with: tessera restore FILE. To begin anew with an empty database, move ${path} away`;
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

/** PKCS #8 of an Ed25519 seed, RFC 8410 section 7. */
function signingKeyOf(seed: Buffer): KeyObject {
  return createPrivateKey({
    key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]),
    format: "der",
    type: "pkcs8",
  });
}

function derive(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, "tessera", purpose, 32));
}
