import { timingSafeEqual } from "node:crypto";
import type { Keys } from "../../../keys.ts";
import type { Row } from "../../../store/schema.ts";

type DeviceOwner = Pick<Row<"users">, "id" | "password_hash">;

/** Browsers keep no cookie for longer (RFC 6265bis, section 5.5). */
export const deviceLifetimeMilliseconds = 400 * 86_400_000;

/** People who share a browser each stay known to it. */
const maximumProofs = 4;
const proofPattern = /^([\w-]{22})\.(\d{1,12})\.([0-9a-f]{64})$/;
const nobody: DeviceOwner = { id: "", password_hash: "" };

/**
 * The device by which the cookie proves that this user has signed in there. It says so only under this server's key and
 * while the user's password is the same: who changes a password because something was stolen leaves nothing behind.
 * As much is computed for `undefined`, where there is no such user.
 */
export function findKnownDevice(
  keys: Keys,
  cookie: string | undefined,
  user: DeviceOwner | undefined,
  now: number,
): string | undefined {
  const found = proofsOf(cookie).find((proof) => isGood(keys, proof, user ?? nobody, now));
  return user === undefined || found === undefined ? undefined : found.split(".", 1)[0];
}

/** The cookie with which the browser is known to this user too, by a new device id: old failures are not its own. */
export function addKnownDevice(
  keys: Keys,
  cookie: string | undefined,
  user: DeviceOwner,
  { now, randomBytes }: { now: number; randomBytes: (count: number) => Uint8Array },
): string {
  const id = Buffer.from(randomBytes(16)).toString("base64url");
  const issuedAtSeconds = String(Math.floor(now / 1000));
  const proof = [id, issuedAtSeconds, sign(keys, id, issuedAtSeconds, user)].join(".");
  const others = proofsOf(cookie).filter((other) => !isGood(keys, other, user, now));
  return [proof, ...others].slice(0, maximumProofs).join("~");
}

function proofsOf(cookie = ""): readonly string[] {
  const proofs = cookie.split("~", maximumProofs);
  return proofs.filter((proof) => proofPattern.test(proof));
}

function isGood(keys: Keys, proof: string, user: DeviceOwner, now: number): boolean {
  const [, id = "", issuedAtSeconds = "", signature = ""] = proofPattern.exec(proof) ?? [];
  const isOld = Number(issuedAtSeconds) * 1000 + deviceLifetimeMilliseconds <= now;
  // A cookie does not say under which key it is: there are few, and this is asked when somebody signs in.
  const isRight = keys.versions.map((version) => {
    const right = sign(keys, id, issuedAtSeconds, user, version);
    return timingSafeEqual(Buffer.from(signature), Buffer.from(right));
  });
  return isRight.includes(true) && !isOld;
}

function sign(
  keys: Keys,
  id: string,
  issuedAtSeconds: string,
  user: DeviceOwner,
  version = keys.version,
): string {
  const text = [id, issuedAtSeconds, user.id, user.password_hash].join("\n");
  return keys.digest("device", text, version);
}
