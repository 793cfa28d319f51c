import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { findSecretWeakness } from "./weak-secret.ts";

test.each([
  ["one repeated letter", "x".repeat(32), "has only 1 different characters"],
  ["two letters", "ab".repeat(20), "has only 2 different characters"],
  [
    "few different ones",
    "aabbccddeeffgg1122".repeat(2).slice(0, 32).replaceAll("1", "a").replaceAll("2", "b"),
    "has only 7 different characters",
  ],
  ["a short period", "0123456789abcdef".repeat(2), "repeats itself after 16 characters"],
  [
    "a period that does not come out even",
    "correct-horse".repeat(3).slice(0, 35),
    "repeats itself after 13 characters",
  ],
  ["a sequence", "abcdefghijklmnopqrstuvwxyz0123456789", "is a sequence of characters"],
  ["a placeholder", "changeme-changeme-please-changeme-now!!", 'has the word "change" in it'],
  [
    "what documentation says",
    "Your-SECRET-key-here-32-letters-or-more",
    'has the word "secret" in it',
  ],
  ["this program's name", "the signing key of our Tessera server", 'has the word "tessera" in it'],
  ["passwords", "PasswordPasswordPassword12345678", 'has the word "passwor" in it'],
  ["rows of a keyboard", "qwertyuiopasdfghjklzxcvbnm123456", "is made of common words"],
  ["common words", "Sunshine-Football-Princess-Dragon-123456", "is made of common words"],
  ["a note", "todo_generate_a_key_for_the_server!", 'has the word "generate" in it'],
  ["a command", "replace-this-with-rand-base64-32-x", 'has the word "replace" in it'],
  ["an instruction", "YOUR_32_CHARACTER_KEY_GOES_RIGHT_HERE", 'has the word "character" in it'],
  ["a pangram", "TheQuickBrownFoxJumpsOverTheLazyDog", 'has the word "quickbrown" in it'],
  ["a filler", "loremipsumdolorsitametconsectetuer", 'has the word "loremipsum" in it'],
  [
    "digits in base64",
    Buffer.from("0123456789012345678901234567890").toString("base64"),
    "is base64 of a text that repeats itself after 10 characters",
  ],
])("a secret of %s is no randomness", (_, secret, weakness) => {
  expect(findSecretWeakness(secret)).toBe(weakness);
});

test("random bytes in any of the usual alphabets are taken, every time", () => {
  for (let attempt = 0; attempt < 2000; attempt += 1) {
    const hex = Buffer.from(randomBytes(32).toString("hex")).toString("base64");
    expect(findSecretWeakness(hex), hex).toBeUndefined();
    for (const encoding of ["hex", "base64", "base64url"] as const) {
      const secret = randomBytes(32).toString(encoding);
      expect(findSecretWeakness(secret), secret).toBeUndefined();
    }
  }
  expect(findSecretWeakness("only tests sign by these words, 32 long")).toBeUndefined();
});
