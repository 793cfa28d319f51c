import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from "node:crypto";
import { findSecretWeakness } from "./weak-secret.ts";

/** All that follows from one secret; what is stored under it says its id. */
export interface KeyMaterial {
  readonly id: string;
  /** Missing of a key that was dropped: what was proven by it is refused. */
  readonly proving: ProvingKeys | undefined;
  /** Kept also then: what it linked and signed is still to be verified. */
  readonly audit: AuditMaterial;
}

interface ProvingKeys {
  readonly digestKey: Buffer;
  /** Missing of a secret that can be guessed: whoever did could sign in as anybody. */
  readonly session: { readonly signing: KeyObject; readonly verifying: KeyObject } | undefined;
}

interface AuditMaterial {
  readonly hashKey: Buffer;
  /** Ed25519; missing of a key that was dropped. */
  readonly signing: KeyObject | undefined;
  readonly verifying: KeyObject;
}

export function materialOf(secret: string): KeyMaterial {
  const auditSigning = signingKeyOf(derive(secret, "audit-signing"));
  const sessionSigning = signingKeyOf(derive(secret, "session-signing"));
  const isWeak = findSecretWeakness(secret) !== undefined;
  return {
    id: derive(secret, "key-version").toString("hex").slice(0, 12),
    proving: {
      digestKey: derive(secret, "digest"),
      session: isWeak
        ? undefined
        : { signing: sessionSigning, verifying: createPublicKey(sessionSigning) },
    },
    audit: {
      hashKey: derive(secret, "audit"),
      signing: auditSigning,
      verifying: createPublicKey(auditSigning),
    },
  };
}

/** What is kept of a key, encrypted. */
type Content =
  | { readonly secret: string }
  | { readonly audit_hash_key: string; readonly audit_public_key: string };

/** The secret of a key that the server made. */
export function wrapSecret(root: string, id: string, secret: string): string {
  return wrap(root, id, { secret });
}

/** Of a key that is dropped: no more than what verifies the audit trail. */
export function wrapAudit(root: string, { id, audit }: KeyMaterial): string {
  return wrap(root, id, {
    audit_hash_key: audit.hashKey.toString("base64url"),
    audit_public_key: audit.verifying.export({ type: "spki", format: "der" }).toString("base64url"),
  });
}

/** Under another root. */
export function wrapAgain(from: string, to: string, id: string, wrapped: string): string {
  return wrap(to, id, unwrap(from, id, wrapped));
}

/** Throws where it was wrapped under another root, or for another id. */
export function unwrapMaterial(root: string, id: string, wrapped: string): KeyMaterial {
  const content = unwrap(root, id, wrapped);
  if ("secret" in content) return materialOf(content.secret);
  const key = Buffer.from(content.audit_public_key, "base64url");
  return {
    id,
    proving: undefined,
    audit: {
      hashKey: Buffer.from(content.audit_hash_key, "base64url"),
      signing: undefined,
      verifying: createPublicKey({ key, format: "der", type: "spki" }),
    },
  };
}

const algorithm = "aes-256-gcm";
const ivBytes = 12;
const tagBytes = 16;

function wrap(root: string, id: string, content: Content): string {
  const text = JSON.stringify(content);
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv(algorithm, derive(root, "wrapping"), iv).setAAD(Buffer.from(id));
  const encrypted = Buffer.concat([cipher.update(text), cipher.final()]);
  return Buffer.concat([iv, encrypted, cipher.getAuthTag()]).toString("base64url");
}

function unwrap(root: string, id: string, wrapped: string): Content {
  const bytes = Buffer.from(wrapped, "base64url");
  const iv = bytes.subarray(0, ivBytes);
  const decipher = createDecipheriv(algorithm, derive(root, "wrapping"), iv);
  decipher.setAAD(Buffer.from(id)).setAuthTag(bytes.subarray(-tagBytes));
  const text = decipher.update(bytes.subarray(ivBytes, -tagBytes), undefined, "utf8");
  return JSON.parse(text + decipher.final("utf8")) as Content;
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
