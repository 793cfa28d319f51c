import { parseOptions } from "@node-rs/argon2";
import { expect, test } from "vitest";
import { hashPassword, verifyPassword } from "./password-hash.ts";

test("passwords are hashed with argon2id and OWASP's parameters", async () => {
  const hash = await hashPassword("correct horse");
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(await verifyPassword(hash, "correct horse")).toBe(true);
  expect(await verifyPassword(hash, "correct hors")).toBe(false);
});

test("a password is the same from whichever keyboard it comes", async () => {
  const hash = await hashPassword("Caf\u00e9 \ufb01n");
  expect(await verifyPassword(hash, "Cafe\u0301 fin")).toBe(true);
});

test("no password is that of nobody, and finding out costs as much as for somebody", async () => {
  const hash = await hashPassword("somebody's password");
  const milliseconds = async (storedHash: string | undefined) => {
    const start = performance.now();
    for (let round = 0; round < 5; round += 1) {
      expect(await verifyPassword(storedHash, "a guess")).toBe(false);
    }
    return performance.now() - start;
  };
  await milliseconds(hash);
  const [nobody, somebody] = [await milliseconds(undefined), await milliseconds(hash)];
  // The machine may be busy; skipping the hash would make it hundreds of times faster.
  expect(nobody).toBeGreaterThan(somebody / 5);
  expect(parseOptions(hash)).toMatchObject({ memoryCost: 19_456, timeCost: 2, parallelism: 1 });
});
