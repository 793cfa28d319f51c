import { describe, expect, test } from "vitest";
import { byteLength, decode, recogniseEncoding, waysToRead } from "./text-encoding.ts";

const bytesOf = (...bytes: number[]) => Uint8Array.from(bytes);
const utf8 = (text: string) => new TextEncoder().encode(text);
const latin1 = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const utf16 = (text: string, isLittle: boolean) => {
  const view = new DataView(new ArrayBuffer(text.length * 2));
  for (let at = 0; at < text.length; at += 1) {
    view.setUint16(2 * at, text.charCodeAt(at), isLittle);
  }
  return new Uint8Array(view.buffer);
};

describe("a file is recognised", () => {
  test.each([
    ["UTF-8", utf8("name\nKüche 🧊"), "utf-8"],
    ["UTF-8 with a mark", utf8("\uFEFFname\nKüche"), "utf-8"],
    ["only ASCII", utf8("name\npump"), "utf-8"],
    ["UTF-16 with a mark", utf16("\uFEFFname\nKüche", true), "utf-16le"],
    ["UTF-16 without one", utf16("name\nKüche", true), "utf-16le"],
    ["UTF-16, big-endian, with a mark", utf16("\uFEFFname\nKüche", false), "utf-16be"],
    ["UTF-16, big-endian, without one", utf16("name\nKüche", false), "utf-16be"],
    ["German of an old program", latin1("name\nKüche, Straße 5°"), "windows-1252"],
  ])("as %s", (_, bytes, encoding) => {
    const recognised = recogniseEncoding(bytes);
    expect(recognised).toBe(encoding);
    expect(decode(bytes, recognised ?? "utf-8")).not.toContain("\ufffd");
  });

  test.each([
    ["French, or Czech", latin1("name\nCrème")],
    ["Polish, or Western with signs in its words", bytesOf(0x67, 0xb3, 0x77, 0x6e, 0x79)],
    ["Cyrillic", bytesOf(0xcd, 0xe0, 0xf1, 0xee, 0xf1)],
    ["Greek", bytesOf(0xed, 0xdd, 0xe1)],
  ])("not when it may be %s: then it is asked", (_, bytes) => {
    expect(recogniseEncoding(bytes)).toBeUndefined();
    expect(waysToRead(bytes).length).toBeGreaterThan(1);
  });
});

test("the question shows each way to read the letters once", () => {
  const ways = waysToRead(latin1("name\nCrème\n"));
  expect(ways.find(({ encoding }) => encoding === "windows-1252")?.sample).toBe("Crème");
  expect(ways.find(({ encoding }) => encoding === "windows-1250")?.sample).toBe("Crčme");
  expect(new Set(ways.map(({ sample }) => sample)).size).toBe(ways.length);
});

test.each(["utf-8", "utf-16le", "utf-16be", "windows-1252"] as const)(
  "the place of a text in the bytes of %s is known",
  (encoding) => {
    const text = "\uFEFFa,Küche\n";
    const bytes =
      encoding === "utf-8"
        ? utf8(text)
        : encoding === "windows-1252"
          ? latin1(text.slice(1))
          : utf16(text, encoding === "utf-16le");
    const read = decode(bytes, encoding);
    expect(byteLength(read, encoding)).toBe(bytes.length);
    expect(byteLength(read.slice(0, 3), encoding)).toBe(
      byteLength(read, encoding) - byteLength(read.slice(3), encoding),
    );
  },
);
