import { compactVerify, decodeProtectedHeader, errors, SignJWT } from "jose";
import { z } from "zod";
import type { Keys } from "../../../keys.ts";

/** Integer milliseconds since the epoch; the tokens carry whole seconds. */
interface Lifetime {
  readonly issuedAt: number;
  readonly expiresAt: number;
}

interface SessionOfUser {
  readonly sessionId: string;
  readonly userId: string;
}

export interface AccessToken extends SessionOfUser {
  readonly kind: "access";
  readonly expiresAt: number;
}

export interface RefreshToken extends SessionOfUser {
  readonly kind: "refresh";
  readonly expiresAt: number;
  /** How many refresh tokens of the session came before. */
  readonly generation: number;
}

const issuer = "tessera";
const algorithm = "EdDSA";
/** The claim `type` as other implementations number it. */
const accessType = 0;
const refreshType = 1;

const common = { iss: z.literal(issuer), sub: z.string(), exp: z.int() };
const claims = z.discriminatedUnion("type", [
  z.object({ ...common, type: z.literal(accessType), sid: z.string() }),
  z.object({
    ...common,
    type: z.literal(refreshType),
    jti: z.string(),
    generation: z.int(),
  }),
]);

export async function signAccessToken(
  keys: Keys,
  { sessionId, userId, issuedAt, expiresAt }: SessionOfUser & Lifetime,
  keyVersion = keys.version,
): Promise<string> {
  const payload = { sub: userId, sid: sessionId, type: accessType };
  return sign(keys, keyVersion, payload, { issuedAt, expiresAt });
}

/** The same arguments give the same token, so that a replaced token's successor can be told again. */
export async function signRefreshToken(
  keys: Keys,
  { sessionId, userId, generation, issuedAt, expiresAt }: Omit<RefreshToken, "kind"> & Lifetime,
  keyVersion = keys.version,
): Promise<string> {
  const payload = { sub: userId, jti: sessionId, type: refreshType, generation };
  return sign(keys, keyVersion, payload, { issuedAt, expiresAt });
}

/** What a token of a session says, expired or not; `undefined` for any text that was not signed here. */
export async function readSessionToken(
  keys: Keys,
  text: string,
): Promise<AccessToken | RefreshToken | undefined> {
  const payload = await verifiedPayload(keys, text);
  const parsed = claims.safeParse(payload);
  if (!parsed.success) return undefined;
  const { data } = parsed;
  const of = { userId: data.sub, expiresAt: data.exp * 1000 };
  return data.type === accessType
    ? { kind: "access", sessionId: data.sid, ...of }
    : { kind: "refresh", sessionId: data.jti, generation: data.generation, ...of };
}

function sign(
  keys: Keys,
  keyVersion: string,
  payload: Readonly<Record<string, unknown>>,
  lifetime: Lifetime,
) {
  const iat = Math.floor(lifetime.issuedAt / 1000);
  const exp = Math.floor(lifetime.expiresAt / 1000);
  return new SignJWT({ iss: issuer, ...payload, iat, exp })
    .setProtectedHeader({ alg: algorithm, typ: "JWT", kid: keyVersion })
    .sign(keys.signingKeyOf(keyVersion));
}

/** Of one that may be there: nobody makes the database be asked for anything else. */
const keyName = /^[0-9a-f]{12}$/;

async function verifiedPayload(keys: Keys, text: string): Promise<unknown> {
  if (!text.split(".").every(isCanonicalBase64Url)) return undefined;
  try {
    // One without a name is from before keys had names in it: there was one.
    const { kid = keys.rootVersion } = decodeProtectedHeader(text);
    if (!keyName.test(kid)) return undefined;
    await keys.know(kid);
    const key = keys.verifyingKeyOf(kid);
    if (key === undefined) return undefined;
    const { payload } = await compactVerify(text, key, { algorithms: [algorithm] });
    return JSON.parse(new TextDecoder().decode(payload));
  } catch (error) {
    const isOfText = [errors.JOSEError, SyntaxError, TypeError].some(
      (kind) => error instanceof kind,
    );
    if (isOfText) return undefined;
    throw error;
  }
}

/**
 * Base64 can be written with padding, with spaces and with other unused bits at its end, and decodes to the same bytes:
 * only the one text that was handed out is the token.
 */
function isCanonicalBase64Url(part: string): boolean {
  return Buffer.from(part, "base64url").toString("base64url") === part;
}
