import { formatToken } from "@tessera/contract";
import { expect, test } from "vitest";
import { othersWords } from "./others-words.ts";

test("what another program says is one line in which nothing acts on a terminal", () => {
  const said = "\u001b[2J\u001b]0;title\u0007\r\nNothing is wrong.\n\u202e\u009b31m\u2028\ud800é";
  expect(othersWords(said)).toBe(
    "\\u001b[2J\\u001b]0;title\\u0007\\u000d\\u000aNothing is wrong.\\u000a\\u202e\\u009b31m\\u2028\\ud800é",
  );
});

test("what another program says is cut where it is long", () => {
  for (const long of ["x".repeat(501), "x".repeat(1_000_000), "\n".repeat(400)]) {
    expect(othersWords(long)).toHaveLength(501);
    expect(othersWords(long).endsWith("…")).toBe(true);
  }
  expect(othersWords("x".repeat(500))).toBe("x".repeat(500));
});

const secret = Uint8Array.from({ length: 32 }, (_, index) => index * 7);
const token = (prefix: string) =>
  formatToken(prefix, "5c1d2a9e-8f0b-4c3d-9e7a-1b2c3d4e5f60", secret);

test.each([
  [`holds http://a.example/password/reset#token=${token("link")}.`, "#token=…"],
  [`unknown: ${token("pat")}\n`, "unknown: pat_…"],
  ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl is odd", "eyJ… is odd"],
  ["500 unrecognized: AUTH PLAIN AG1haWx1c2VyAHNlY3JldA==", "500 unrecognized: AUTH PLAIN …"],
  ["no: authorization: bearer 1764.abcdef", "no: authorization: bearer …"],
  [
    "http://127.0.0.1:7201/ and http://a.example:80.",
    "http://127.0.0.1:7201/ and http://a.example:80.",
  ],
  ["postgres://tessera:se%20cret@db/tessera", "postgres://tessera:…@db/tessera"],
])("%j is told as a text with %j", (said, shown) => {
  expect(othersWords(said)).toContain(shown);
});

test("however a credential is cut, nothing of its secret is told", () => {
  const said = `x ${token("pat")} eyJh.eyJz.c2ln postgres://a:secret1@b`;
  for (let end = 0; end <= said.length; end += 1) {
    const shown = othersWords(said.slice(0, end));
    expect(shown).not.toMatch(/_[0-9A-Za-z]{22}_[0-9A-Za-z]|eyJ\w|secr/);
  }
});
