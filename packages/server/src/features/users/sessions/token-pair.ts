import type { Deps } from "../../../deps.ts";
import { signAccessToken, signRefreshToken } from "./session-tokens.ts";

/** What a session is carried on with. Times are integer milliseconds since the epoch. */
export interface TokenPair {
  readonly accessToken: string;
  readonly accessExpiresAt: number;
  readonly refreshToken: string;
  readonly refreshExpiresAt: number;
}

export interface PairOrigin {
  readonly sessionId: string;
  readonly userId: string;
  /** When the session ends; no token outlives it. */
  readonly expiresAt: number;
  readonly generation: number;
  readonly issuedAt: number;
  /** Under which both are signed. */
  readonly keyVersion: string;
}

/** Signs both tokens; the same origin gives the same tokens. */
export async function signTokenPair(
  { keys, config }: Pick<Deps, "keys" | "config">,
  origin: PairOrigin,
): Promise<TokenPair> {
  const accessExpiresAt = Math.min(
    origin.issuedAt + config.access_token_lifetime,
    origin.expiresAt,
  );
  return {
    accessToken: await signAccessToken(
      keys,
      { ...origin, expiresAt: accessExpiresAt },
      origin.keyVersion,
    ),
    accessExpiresAt,
    refreshToken: await signRefreshToken(keys, origin, origin.keyVersion),
    refreshExpiresAt: origin.expiresAt,
  };
}
