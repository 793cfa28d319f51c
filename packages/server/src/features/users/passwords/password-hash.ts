import { hash, verify } from "@node-rs/argon2";

/** Argon2id with OWASP's parameters: 19 MiB, two passes, one lane (Password Storage Cheat Sheet). */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** The hash of a password that nobody knows, made with the same parameters. */
const nobodysHash =
  "$argon2id$v=19$m=19456,t=2,p=1$O6Q+b52KIu0QFXRS6bgngQ$PgFCeoRNZ3mRyBmwlKBata5LyzNmd0HE9M7m3X48e3M";

export async function hashPassword(password: string): Promise<string> {
  return hash(normalize(password), parameters);
}

/** Takes the same time for `undefined`, where there is no such user. */
export async function verifyPassword(
  storedHash: string | undefined,
  password: string,
): Promise<boolean> {
  const isRight = await verify(storedHash ?? nobodysHash, normalize(password));
  return isRight && storedHash !== undefined;
}

/** Keyboards write the same letter in different ways (NIST SP 800-63B, 3.1.1.2). */
function normalize(password: string): string {
  return password.normalize("NFKC");
}
