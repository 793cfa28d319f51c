import type { KeyObject } from "node:crypto";

/** The keys of the audit trail; the id of each version is that of the secret that it derives from. */
export interface AuditKeys {
  /** Under which new entries are linked. */
  readonly version: string;
  /** HMAC-SHA-256 of the text, hexadecimal; `undefined` where the version is not known. */
  hash(text: string, version?: string): string | undefined;
  /** Of the text, under the current key; base64url. */
  sign(text: string): string;
  /** Ed25519, by version, the current one first. */
  readonly verifyingKeys: ReadonlyMap<string, KeyObject>;
}
