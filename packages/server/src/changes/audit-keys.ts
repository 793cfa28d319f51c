import { createHmac, createPublicKey, createSecretKey, type KeyObject, sign } from "node:crypto";

/** One version of the keys of the audit trail; its id is that of the secret that it derives from. */
export interface AuditKeyVersion {
  readonly id: string;
  readonly hashKey: Buffer;
  /** Ed25519. */
  readonly signingKey: KeyObject;
}

export interface AuditKeys {
  /** Under which new entries are linked. */
  readonly version: string;
  /** HMAC-SHA-256 of the text, hexadecimal; `undefined` where the version is not known. */
  hash(text: string, version?: string): string | undefined;
  /** Of the text, under the current key; base64url. */
  sign(text: string): string;
  /** By version, the current one first. */
  readonly verifyingKeys: ReadonlyMap<string, KeyObject>;
}

/** The current version comes first. */
export function createAuditKeys(versions: readonly AuditKeyVersion[]): AuditKeys {
  const [current] = versions;
  if (current === undefined) throw new RangeError("there is no audit key");
  const hashKeys = new Map(versions.map(({ id, hashKey }) => [id, createSecretKey(hashKey)]));
  return {
    version: current.id,
    hash: (text, version = current.id) => {
      const key = hashKeys.get(version);
      return key && createHmac("sha256", key).update(text).digest("hex");
    },
    sign: (text) => sign(null, Buffer.from(text), current.signingKey).toString("base64url"),
    verifyingKeys: new Map(versions.map(({ id, signingKey }) => [id, createPublicKey(signingKey)])),
  };
}
