const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** Fills the bytes with random ones; the browser's `crypto.getRandomValues`. */
type FillRandom = (bytes: Uint8Array<ArrayBuffer>) => void;

/** 43 base62 characters, about 256 random bits. */
export function randomSecret(fillRandom: FillRandom): string {
  let secret = "";
  const bytes = new Uint8Array(64);
  while (secret.length < 43) {
    fillRandom(bytes);
    for (const byte of bytes) {
      // 248 is the largest multiple of 62 in a byte: beyond it the first letters would be likelier.
      if (byte < 248 && secret.length < 43) secret += letters.charAt(byte % 62);
    }
  }
  return secret;
}

/** A random UUID (version 4); `crypto.randomUUID` is missing on plain HTTP. */
export function randomUuid(fillRandom: FillRandom): string {
  const bytes = new Uint8Array(16);
  fillRandom(bytes);
  const digits = [...bytes].map((byte, index) => {
    if (index === 6) return 0x40 | (byte & 0x0f);
    return index === 8 ? 0x80 | (byte & 0x3f) : byte;
  });
  const hex = digits.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
