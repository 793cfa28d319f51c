import { AppError } from "@tessera/contract";
import { compileScopes } from "../../../access/compiled-scopes.ts";
import type { TokenPrincipal } from "../../../access/principal.ts";
import { remember } from "../../../changes/remembered.ts";
import type { Deps } from "../../../deps.ts";
import type { StoredScope } from "../scopes/scope-set.ts";
import { readScopes } from "../scopes/scope-store.ts";
import { isSameToken, readTokenId } from "./token-secret.ts";
import { refusalOf } from "./token-state.ts";
import { findTokenForCheck, prepareTokenRead, type TokenForCheck } from "./token-store.ts";

/** Of ids that were presented in vain; few enough that a flood of different ones takes no memory to speak of. */
export const maximumRefusedIds = 10_000;
const refusedForMilliseconds = 60_000;

interface LookedUp {
  readonly stored: TokenForCheck | undefined;
  readonly isProven: boolean;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/**
 * Returns the function that proves a personal access token.
 * It throws 401; why, only to someone who presented the right secret.
 */
export function createIdentifyToken(deps: Deps): (text: string) => Promise<TokenPrincipal> {
  const prove = createProof(deps);
  return async (text) => {
    const stored = await prove(text);
    requireGood(stored, deps.clock());
    return toPrincipal(stored, await readScopes(deps.database.read, stored.id));
  };
}

/** The same for whoever holds the right secret, whatever state the token is in: a principal that may do nothing. */
export function createIdentifyHolder(deps: Deps): (text: string) => Promise<TokenPrincipal> {
  const prove = createProof(deps);
  return async (text) => toPrincipal(await prove(text), []);
}

/** Finds the token of the text; throws 401 unless the secret is right. */
function createProof(deps: Deps): (text: string) => Promise<TokenForCheck> {
  const readToken = prepareTokenRead(deps.database);
  const { hub, clock } = deps;
  /** What was found for texts that proved nothing: neither guessing ids nor guessing secrets is a flood of reads. */
  const refused = remember<LookedUp>(hub, {
    maximumEntries: maximumRefusedIds,
    keysOf: ({ stored }, tokenId) => [
      { kind: "token", id: tokenId },
      ...(stored === undefined ? [] : [{ kind: "user", id: stored.user_id } as const]),
    ],
    isWorthIt: ({ isProven }) => !isProven,
  });

  const lookUp = async (tokenId: string, text: string): Promise<LookedUp> => {
    const stored = await readToken(tokenId);
    const isProven = stored !== undefined && isSameToken(text, stored, deps);
    return { stored, isProven, until: clock() + refusedForMilliseconds };
  };

  return async (text) => {
    const tokenId = readTokenId(text, deps);
    if (tokenId === undefined) throw new AppError("unauthenticated");
    const known = refused.peek(tokenId);
    const { stored } =
      known !== undefined && known.until > clock()
        ? known
        : await refused.load(tokenId, () => lookUp(tokenId, text));
    if (stored === undefined || !isSameToken(text, stored, deps)) {
      throw new AppError("unauthenticated");
    }
    return stored;
  };
}

/** The token, once proved, as the transaction reads it; throws 401 where it is no longer good. */
export async function identifyTokenAgain(
  trx: Parameters<typeof findTokenForCheck>[0],
  { tokenId, secretDigest }: Pick<TokenPrincipal, "tokenId" | "secretDigest">,
  now: number,
): Promise<TokenPrincipal> {
  const stored = await requireSameSecret(trx, tokenId, secretDigest);
  requireGood(stored, now);
  return toPrincipal(stored, await readScopes(trx, tokenId));
}

/** The token, once its secret was proved, while it still has that secret; throws 401 where it has another. */
export async function identifyHolderAgain(
  trx: Parameters<typeof findTokenForCheck>[0],
  { tokenId, secretDigest }: TokenPrincipal,
): Promise<TokenPrincipal> {
  return toPrincipal(await requireSameSecret(trx, tokenId, secretDigest), []);
}

async function requireSameSecret(
  trx: Parameters<typeof findTokenForCheck>[0],
  tokenId: string,
  secretDigest: string,
): Promise<TokenForCheck> {
  const stored = await findTokenForCheck(trx, tokenId);
  if (stored === undefined || stored.digest !== secretDigest) throw new AppError("unauthenticated");
  return stored;
}

function requireGood(stored: TokenForCheck, now: number): void {
  // Its tokens are revoked with it, and whoever has one is told of the cause.
  if (stored.owner_status !== "enabled") throw new AppError("owner_disabled");
  const refusal = refusalOf(stored, now);
  if (refusal !== undefined) throw new AppError(refusal);
}

function toPrincipal(stored: TokenForCheck, scopes: readonly StoredScope[]): TokenPrincipal {
  return {
    kind: "token",
    userId: stored.user_id,
    isAdmin: stored.owner_role === "admin",
    tokenId: stored.id,
    secretDigest: stored.digest,
    expiresAt: stored.expires_at,
    scopes: compileScopes(scopes),
  };
}
