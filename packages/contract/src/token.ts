/**
 * The text of a personal access token:
 * `<prefix>_<id: 22 base62>_<secret: 43 base62><checksum: 6 base62 = CRC-32 of all before it>`.
 */
const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const idLength = 22;
const secretLength = 43;
const checksumLength = 6;

/** Bytes of a token's secret part. */
export const secretBytes = 32;

/** What a token's text says of itself; nothing here is proof of anything. */
export interface TokenText {
  /** UUID of the token. */
  readonly tokenId: string;
}

/** A prefix that keeps the text one double-clickable word. */
export const tokenPrefixPattern = /^[a-z][a-z0-9]{1,15}$/;

function toBase62(value: bigint, length: number): string {
  let rest = value;
  let text = "";
  for (let index = 0; index < length; index += 1) {
    text = alphabet.charAt(Number(rest % 62n)) + text;
    rest /= 62n;
  }
  return text;
}

function fromBase62(text: string): bigint {
  let value = 0n;
  for (const character of text) value = value * 62n + BigInt(alphabet.indexOf(character));
  return value;
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** CRC-32 as in ISO 3309 and zlib, over ASCII text; an unsigned 32-bit integer. */
export function crc32(text: string): number {
  let crc = 0xffffffff;
  for (let index = 0; index < text.length; index += 1) {
    crc = (crc >>> 8) ^ (crcTable[(crc ^ text.charCodeAt(index)) & 0xff] ?? 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** The text of a new token. `tokenId` is a UUID, `secret` 32 random bytes. */
export function formatToken(prefix: string, tokenId: string, secret: Uint8Array): string {
  if (secret.length !== secretBytes) throw new RangeError(`a secret has ${secretBytes} bytes`);
  const id = BigInt(`0x${tokenId.replaceAll("-", "")}`);
  const secretValue = secret.reduce((value, byte) => value * 256n + BigInt(byte), 0n);
  const body = `${prefix}_${toBase62(id, idLength)}_${toBase62(secretValue, secretLength)}`;
  return body + toBase62(BigInt(crc32(body)), checksumLength);
}

/** Recognises a token offline: form and checksum. `undefined` for anything that is none. */
export function parseToken(prefix: string, text: string): TokenText | undefined {
  if (text.length !== prefix.length + 1 + idLength + 1 + secretLength + checksumLength) {
    return undefined;
  }
  if (!text.startsWith(`${prefix}_`)) return undefined;
  const rest = text.slice(prefix.length + 1);
  if (!/^[0-9A-Za-z]{22}_[0-9A-Za-z]{49}$/.test(rest)) return undefined;
  const body = text.slice(0, -checksumLength);
  if (toBase62(BigInt(crc32(body)), checksumLength) !== text.slice(-checksumLength)) {
    return undefined;
  }
  const id = fromBase62(rest.slice(0, idLength));
  if (id >= 1n << 128n) return undefined;
  const hex = id.toString(16).padStart(32, "0");
  return {
    tokenId: [
      hex.slice(0, 8),
      hex.slice(8, 12),
      hex.slice(12, 16),
      hex.slice(16, 20),
      hex.slice(20),
    ].join("-"),
  };
}

/** Longer than any token or session's text; beyond it no server takes the header that would carry it. */
const longestCredential = 4096;

/**
 * Whether it can be sent as a bearer, and be a line of a file, and nothing but that. What is kept or sent as a credential
 * is looked at by this first: the answer of a server that is none may hold anything in its place.
 */
export function isCredentialText(value: unknown): value is string {
  return (
    typeof value === "string" && value.length <= longestCredential && /^[\x21-\x7e]+$/.test(value)
  );
}

/** Whether the text means to be a token, mangled or not. */
export function looksLikeToken(prefix: string, text: string): boolean {
  return text === prefix || text.startsWith(`${prefix}_`);
}
