import { createPublicKey, type JsonWebKeyInput, type KeyObject, verify } from "node:crypto";
import { canonicalJson } from "../../changes/audit-chain.ts";
import type { AuditKeys } from "../../changes/audit-keys.ts";
import { parseJson } from "./cut-lines.ts";

/** How far a chain reached at a time; signed, and kept where whoever can write the database cannot. */
export interface Checkpoint {
  readonly chain: string;
  /** Of its last entry. */
  readonly seq: number;
  readonly hash: string;
  /** How many entries of it there were: less than `seq` where the oldest were removed. */
  readonly count: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** A line of a file of checkpoints, with its signature, without the end of the line. */
export function checkpointLine(checkpoint: Checkpoint, keys: AuditKeys): string {
  const { chain, seq, hash, count, at } = checkpoint;
  const signed = { chain, seq, hash, count, at, key: keys.version };
  return JSON.stringify({ ...signed, signature: keys.sign(signedText(signed)) });
}

/** What is told again of a chain is told as far as it reaches by then. */
export function holdsCheckpoint(beginning: string, line: string, { seq }: Checkpoint): boolean {
  const [, ofChain = beginning, reached = 0] =
    /^(\{"chain":"[^"]*",)(?:"seq":(\d+),)?/.exec(beginning) ?? [];
  return line.startsWith(ofChain) && seq >= Number(reached);
}

/** Throws a `RangeError` that says what is wrong with the line. */
export function readCheckpoint(
  line: string,
  keyOf: (version: string) => KeyObject | undefined,
): Checkpoint {
  const { signature, ...signed } = parseLine(line);
  const key = keyOf(signed.key);
  if (key === undefined) throw new RangeError(`is signed with the unknown key ${signed.key}`);
  const text = Buffer.from(signedText(signed));
  if (!verify(null, text, key, Buffer.from(signature, "base64url"))) {
    throw new RangeError("has a wrong signature");
  }
  return signed;
}

/** The public keys as they are served: RFC 7517 and RFC 8037. */
export function publicKeySet(keys: AuditKeys) {
  return {
    keys: [...keys.verifyingKeys].map(([kid, key]) => {
      const { kty = "", crv = "", x = "" } = key.export({ format: "jwk" });
      return { kid, kty, crv, x, alg: "EdDSA", use: "sig" };
    }),
  };
}

/**
 * From a file with a set of keys as it is served, or with one key as PEM, which then goes for every version. Throws a
 * `RangeError`.
 */
export function readPublicKeys(text: string): (version: string) => KeyObject | undefined {
  try {
    if (!text.trimStart().startsWith("{")) {
      const key = createPublicKey(text);
      return () => key;
    }
    const { keys } = JSON.parse(text) as {
      readonly keys: readonly (JsonWebKeyInput["key"] & { readonly kid?: unknown })[];
    };
    const known = new Map(
      keys.map((key) => [String(key.kid), createPublicKey({ key, format: "jwk" })]),
    );
    return (version) => known.get(version);
  } catch {
    throw new RangeError("holds neither a set of public keys, as JSON, nor one as PEM");
  }
}

function signedText(signed: Checkpoint & { readonly key: string }): string {
  return `checkpoint\n${canonicalJson(signed, ["at", "chain", "count", "hash", "key", "seq"])}`;
}

/** What a line says, proven or not. Throws a `RangeError` that says what is wrong with it. */
export function parseLine(
  line: string,
): Checkpoint & { readonly key: string; readonly signature: string } {
  const read = (parseJson(line) ?? {}) as Record<string, unknown>;
  const { chain, seq, hash, count, at, key, signature } = read;
  if (
    typeof chain === "string" &&
    typeof seq === "number" &&
    typeof hash === "string" &&
    typeof count === "number" &&
    typeof at === "number" &&
    typeof key === "string" &&
    typeof signature === "string"
  ) {
    return { chain, seq, hash, count, at, key, signature };
  }
  throw new RangeError("is no checkpoint");
}
