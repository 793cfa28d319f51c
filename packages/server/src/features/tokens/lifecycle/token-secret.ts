import { timingSafeEqual } from "node:crypto";
import { formatToken, parseToken, secretBytes } from "@tessera/contract";
import type { Deps } from "../../../deps.ts";

type SecretDeps = Pick<Deps, "config" | "keys" | "randomBytes">;

/** A token as it leaves the server once, and what is kept of it. */
export interface MintedToken {
  readonly text: string;
  readonly digest: string;
  readonly keyVersion: string;
  /** Its last characters, by which people know it again. They are half of the checksum: 24 of the secret's 256 bits. */
  readonly ending: string;
}

const shownCharacters = 4;

/** Makes a new secret for the token with that id. */
export function mintToken(tokenId: string, { config, keys, randomBytes }: SecretDeps): MintedToken {
  const text = formatToken(config.token_prefix, tokenId, randomBytes(secretBytes));
  return {
    text,
    digest: keys.digest("token", text),
    keyVersion: keys.version,
    ending: text.slice(-shownCharacters),
  };
}

/** How the text of the token with that id begins; that is no secret. */
export function startOfToken(tokenId: string, { config }: Pick<Deps, "config">): string {
  const prefix = config.token_prefix;
  const text = formatToken(prefix, tokenId, new Uint8Array(secretBytes));
  return text.slice(0, prefix.length + 1 + shownCharacters);
}

/** The id that the text names; `undefined` where the text is no token of this server. */
export function readTokenId(text: string, { config }: Pick<Deps, "config">): string | undefined {
  return parseToken(config.token_prefix, text)?.tokenId;
}

/** Which of the stored secrets the text has; see {@link isSameToken}. */
export function findPresentedSecret<S extends StoredDigest>(
  text: string,
  secrets: readonly S[],
  deps: Pick<Deps, "keys">,
): S | undefined {
  // All are compared, so that time does not tell which one it was.
  return secrets.filter(
    (secret) =>
      deps.keys.standing(secret.key_version) !== "dropped" && isSameToken(text, secret, deps),
  )[0];
}

interface StoredDigest {
  readonly digest: string;
  readonly key_version: string;
}

/** Whether the text is the token that was stored, in time that does not depend on where they differ. */
function isSameToken(text: string, stored: StoredDigest, { keys }: Pick<Deps, "keys">): boolean {
  const presented = Buffer.from(keys.digest("token", text, stored.key_version), "hex");
  const kept = Buffer.from(stored.digest, "hex");
  return presented.length === kept.length && timingSafeEqual(presented, kept);
}
