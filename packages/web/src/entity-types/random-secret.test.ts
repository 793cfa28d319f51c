import { id } from "@tessera/sdk";
import { expect, test } from "vitest";
import { randomSecret, randomUuid } from "./random-secret.ts";

const fill = (bytes: Uint8Array<ArrayBuffer>) => {
  crypto.getRandomValues(bytes);
};

test("a generated secret has 43 letters and digits and never comes twice", () => {
  const secrets = Array.from({ length: 200 }, () => randomSecret(fill));
  expect(new Set(secrets).size).toBe(200);
  for (const secret of secrets) expect(secret).toMatch(/^[A-Za-z0-9]{43}$/);
});

test("uses all letters alike", () => {
  const text = Array.from({ length: 2000 }, () => randomSecret(fill)).join("");
  const even = text.length / 62;
  const letters = [...new Set(text)];
  expect(letters).toHaveLength(62);
  for (const letter of letters) {
    expect(Math.abs(text.split(letter).length - 1 - even)).toBeLessThan(even * 0.2);
  }
});

test("a generated id is one that the server accepts", () =>
  expect(id.safeParse(randomUuid(fill)).success).toBe(true));
