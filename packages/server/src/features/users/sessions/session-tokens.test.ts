import { SignJWT } from "jose";
import { expect, test } from "vitest";
import { deriveKeys } from "../../../keys.ts";
import { readSessionToken, signAccessToken, signRefreshToken } from "./session-tokens.ts";

const keys = deriveKeys("kV7zT2wM9dH4 keys that tests sign by");
const otherKeys = deriveKeys("pR4xN8qB3tY6 other keys of tests, long");
const issuedAt = Date.UTC(2026, 10, 24, 12);
const session = { sessionId: "s1", userId: "u1", issuedAt, expiresAt: issuedAt + 900_000 };

const sign = (claims: Readonly<Record<string, unknown>>, signer = keys) =>
  new SignJWT({ ...claims }).setProtectedHeader({ alg: "EdDSA" }).sign(signer.sessionSigningKey);

test("an access token says whose session it is and until when", async () => {
  const token = await signAccessToken(keys, session);
  expect(await readSessionToken(keys, token)).toEqual({
    kind: "access",
    sessionId: "s1",
    userId: "u1",
    expiresAt: issuedAt + 900_000,
  });
  const [, payload = ""] = token.split(".");
  expect(JSON.parse(Buffer.from(payload, "base64url").toString())).toEqual({
    iss: "tessera",
    sub: "u1",
    sid: "s1",
    type: 0,
    iat: issuedAt / 1000,
    exp: issuedAt / 1000 + 900,
  });
});

test("the same refresh token can be signed again", async () => {
  const origin = { ...session, generation: 3 };
  const token = await signRefreshToken(keys, origin);
  expect(await signRefreshToken(keys, origin)).toBe(token);
  expect(await signRefreshToken(keys, { ...origin, generation: 4 })).not.toBe(token);
  expect(await readSessionToken(keys, token)).toMatchObject({ kind: "refresh", generation: 3 });
});

test("what this server did not sign says nothing", async () => {
  const claims = { iss: "tessera", sub: "u1", sid: "s1", type: 0, exp: 4e9 };
  const token = await sign(claims);
  const [header = "", payload = "", signature = ""] = token.split(".");
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  expect(await readSessionToken(keys, token)).toBeDefined();
  const forged = [
    "",
    "undefined",
    "a.b.c",
    `${header}.${payload}.`,
    `${header}.${payload}`,
    `${header}.${encode({ ...claims, sub: "u2" })}.${signature}`,
    `${encode({ alg: "none" })}.${payload}.`,
    `${encode({ alg: "HS256" })}.${payload}.${signature}`,
    await sign(claims, otherKeys),
    await sign({ ...claims, iss: "elsewhere" }),
    await sign({ ...claims, type: 2 }),
    await sign({ ...claims, exp: undefined }),
    await sign({ ...claims, sid: 5 }),
  ];
  for (const text of forged) expect(await readSessionToken(keys, text), text).toBeUndefined();
});

test("a session's token written in any other way than it was handed out says nothing", async () => {
  const token = await signAccessToken(keys, session);
  const [header = "", payload = "", signature = ""] = token.split(".");
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  // 64 bytes leave four bits of the last letter unused.
  const others = [...alphabet].map((letter) => signature.slice(0, -1) + letter);
  const sameBytes = others.filter(
    (other) =>
      other !== signature &&
      Buffer.from(other, "base64url").equals(Buffer.from(signature, "base64url")),
  );
  expect(sameBytes).toHaveLength(15);
  const spellings = [
    ...sameBytes.map((other) => `${header}.${payload}.${other}`),
    `${token}=`,
    `${token}==`,
    `${token}\n`,
    ` ${token}`,
    `${header}.${payload}. ${signature}`,
    `${header}.${payload}.${signature.slice(0, 40)}\t${signature.slice(40)}`,
    `${header}=.${payload}.${signature}`,
    `${header}.${payload}.${signature.replaceAll("-", "+").replaceAll("_", "/")}=`,
  ];
  for (const text of spellings) expect(await readSessionToken(keys, text), text).toBeUndefined();
  expect(await readSessionToken(keys, token)).toBeDefined();
});
