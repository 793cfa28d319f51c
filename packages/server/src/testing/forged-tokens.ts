import {
  createHmac,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  randomUUID,
  sign,
} from "node:crypto";
import { crc32, formatToken } from "@tessera/contract";
import type { TestApp, TestUser } from "./start-app.ts";

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const checksumLength = 6;

/** The text of a token with the checksum that fits what stands before it. */
export function withChecksum(text: string): string {
  const body = text.slice(0, -checksumLength);
  let rest = crc32(body);
  let checksum = "";
  for (let place = 0; place < checksumLength; place += 1) {
    checksum = digits.charAt(rest % digits.length) + checksum;
    rest = Math.floor(rest / digits.length);
  }
  return body + checksum;
}

/** Texts that are like the personal access token, by whatever change, and are none. */
export function forgedTokens(secret: string): Readonly<Record<string, string>> {
  const [prefix = "", id = "", rest = ""] = secret.split("_");
  const last = rest.charAt(0) === "A" ? "B" : "A";
  return {
    "a token with another secret": withChecksum(`${prefix}_${id}_${last}${rest.slice(1)}`),
    "a token without its checksum": secret.slice(0, -checksumLength),
    "a token in lower case": secret.toLowerCase(),
    "a token in upper case": secret.toUpperCase(),
    "a token with something behind it": `${secret}A`,
    "a token twice": secret + secret,
    "an unknown token": formatToken(prefix, randomUUID(), randomBytes(32)),
    "a token of no bits": formatToken(prefix, randomUUID(), new Uint8Array(32)),
    "a token of another prefix": withChecksum(secret.replace(prefix, "ghp")),
    "a token in quotes": `"${secret}"`,
    "a token with an encoded letter": secret.replace("_", "%5F"),
  };
}

const encode = (value: unknown) =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

/** Access tokens of the user's session that this server has not signed, each by another trick. */
export function forgedSessions(
  user: TestUser,
  { deps }: Pick<TestApp, "deps">,
): Readonly<Record<string, string>> {
  const { keys } = deps;
  const [head = "", payload = "", signature = ""] = user.accessToken.split(".");
  const signed = (header: object, key: KeyObject) => {
    const text = `${encode(header)}.${payload}`;
    return `${text}.${sign(null, Buffer.from(text), key).toString("base64url")}`;
  };
  const mac = (hash: string, header: object, key: string | Buffer) => {
    const text = `${encode(header)}.${payload}`;
    return `${text}.${createHmac(hash, key).update(text).digest("base64url")}`;
  };
  const publicKey = keys.verifyingKeyOf(keys.version);
  if (publicKey === undefined) throw new Error("the present key verifies nothing");
  const publicPem = publicKey.export({ type: "spki", format: "pem" });
  const publicDer = publicKey.export({ type: "spki", format: "der" });
  const publicJwk = publicKey.export({ format: "jwk" });
  const own = generateKeyPairSync("ed25519");
  const ownJwk = own.publicKey.export({ format: "jwk" });
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
  const changed = (change: object) => `${head}.${encode({ ...claims, ...change })}.${signature}`;
  const eddsa = { alg: "EdDSA", typ: "JWT" };
  const none = (alg: string) => `${encode({ alg, typ: "JWT" })}.${payload}.`;
  return {
    "no algorithm": none("none"),
    "no algorithm in other case": none("nOnE"),
    "no algorithm and the old signature": none("none") + signature,
    "no signature": `${head}.${payload}.`,
    "two parts": `${head}.${payload}`,
    "five parts": `${head}.${payload}.${signature}.${payload}.${signature}`,
    "a signature of zeros": `${head}.${payload}.${encode("\0".repeat(64))}`,
    "an HMAC under the public key's PEM": mac("sha256", { alg: "HS256" }, publicPem),
    "an HMAC under the public key's DER": mac("sha256", { alg: "HS256" }, publicDer),
    "an HMAC under the public key's bytes": mac(
      "sha512",
      { alg: "HS512" },
      Buffer.from(publicJwk.x ?? "", "base64url"),
    ),
    "an HMAC under nothing": mac("sha256", { alg: "HS256" }, ""),
    "a key of one's own": signed(eddsa, own.privateKey),
    "a key of one's own in the header": signed({ ...eddsa, jwk: ownJwk }, own.privateKey),
    "a key of one's own at an address": signed(
      { ...eddsa, jku: "https://evil.example/keys", kid: "1" },
      own.privateKey,
    ),
    "a key that is a file": signed({ ...eddsa, kid: "../../../dev/null" }, own.privateKey),
    "a header that must be understood": signed(
      { ...eddsa, crit: ["b64"], b64: false },
      own.privateKey,
    ),
    "another user": changed({ sub: randomUUID() }),
    "another session": changed({ sid: randomUUID() }),
    "a later end": changed({ exp: claims.exp + 3600 }),
    "the signature in other bits": `${user.accessToken.slice(0, -1)}${nextDigit(user.accessToken.at(-1) ?? "")}`,
    padding: `${user.accessToken}==`,
    "the server's record of changes as signer": `${head}.${payload}.${keys.audit.sign(`${head}.${payload}`)}`,
  };
}

const base64url = `${digits.slice(10, 36)}${digits.slice(36)}${digits.slice(0, 10)}-_`;
const nextDigit = (digit: string) => base64url.charAt((base64url.indexOf(digit) + 1) % 64);
