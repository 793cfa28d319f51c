import { crc32 as zlibCrc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crc32, formatToken, isCredentialText, looksLikeToken, parseToken } from "./token.ts";

const tokenId = "5c1d2a9e-8f0b-4c3d-9e7a-1b2c3d4e5f60";
const secret = Uint8Array.from({ length: 32 }, (_, index) => index * 7);

describe("the text of a token", () => {
  test("is one word of 76 characters that a double click selects and a shell needs no quotes for", () => {
    const text = formatToken("pat", tokenId, secret);
    expect(text).toMatch(/^pat_[0-9A-Za-z]{22}_[0-9A-Za-z]{49}$/);
    expect(text).toHaveLength(76);
  });

  test("gives its id back, whatever the id and the secret", () => {
    const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(fc.uuid(), bytes, (id, random) => {
        expect(parseToken("pat", formatToken("pat", id, random))).toEqual({ tokenId: id });
      }),
    );
  });

  test("keeps every secret apart, the largest and the smallest too", () => {
    const smallest = formatToken("pat", tokenId, new Uint8Array(32));
    const largest = formatToken("pat", tokenId, new Uint8Array(32).fill(255));
    expect(smallest).not.toBe(largest);
    expect(parseToken("pat", largest)).toEqual({ tokenId });
  });

  test("is no longer recognised when any one character is another", () => {
    const text = formatToken("pat", tokenId, secret);
    for (let at = 0; at < text.length; at += 1) {
      const other = text[at] === "x" ? "y" : "x";
      const mangled = text.slice(0, at) + other + text.slice(at + 1);
      expect(parseToken("pat", mangled), `character ${at}`).toBeUndefined();
    }
  });

  test.each([
    "",
    "pat",
    "pat_",
    "pat__",
    "pat_a_b",
    `pat_${"z".repeat(22)}_${"z".repeat(49)}`,
    `${formatToken("pat", tokenId, secret)} `,
    `${formatToken("pat", tokenId, secret)}\n`,
    formatToken("pat", tokenId, secret).slice(0, -1),
    formatToken("pat", tokenId, secret).repeat(100),
    formatToken("key", tokenId, secret),
  ])("%j is no token", (text) => {
    expect(parseToken("pat", text)).toBeUndefined();
  });

  test("is told from a session's token by its prefix alone, mangled or not", () => {
    expect(looksLikeToken("pat", "pat")).toBe(true);
    expect(looksLikeToken("pat", "pat_broken")).toBe(true);
    expect(looksLikeToken("pat", "eyJhbGciOiJFZERTQSJ9.e30.c2ln")).toBe(false);
    expect(looksLikeToken("pat", "patent")).toBe(false);
  });
});

describe("the checksum", () => {
  test("is zlib's CRC-32", () => {
    expect(crc32("123456789")).toBe(0xcbf43926);
    const ascii = fc.string({ unit: "grapheme-ascii" });
    fc.assert(fc.property(ascii, (text) => crc32(text) === zlibCrc32(text)));
  });
});

test("a text that can be sent as a bearer is one line of visible ASCII, and not too long for a header", () => {
  for (const good of ["pat_1", "eyJhbGciOiJFZERTQSJ9.e30.c2ln", "p".repeat(4096)]) {
    expect(isCredentialText(good)).toBe(true);
  }
  for (const bad of ["", "a b", "a\n", "\u00e9", "a\u001b", "p".repeat(4097), 5, null, ["pat"]]) {
    expect(isCredentialText(bad), String(bad).slice(0, 9)).toBe(false);
  }
});
