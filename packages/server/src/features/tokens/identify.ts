import { AppError } from "@tessera/contract";
import { compileScopes } from "../../access/compiled-scopes.ts";
import type { TokenPrincipal } from "../../access/principal.ts";
import type { Deps } from "../../deps.ts";
import { isSameToken, readTokenId } from "./token-secret.ts";
import { prepareTokenRead, readScopes } from "./token-store.ts";

/**
 * Returns the function that proves a personal access token.
 * It throws 401; why, only to someone who presented the right secret.
 */
export function createIdentifyToken(deps: Deps): (text: string) => Promise<TokenPrincipal> {
  const readToken = prepareTokenRead(deps.database);
  return async (text) => {
    const tokenId = readTokenId(text, deps);
    const stored = tokenId === undefined ? undefined : await readToken(tokenId);
    if (stored === undefined || !isSameToken(text, stored, deps)) {
      throw new AppError("unauthenticated");
    }
    if (stored.revoked_at !== null) throw new AppError("token_revoked");
    if (stored.expires_at <= deps.clock()) throw new AppError("token_expired");
    if (stored.owner_status !== "enabled") throw new AppError("owner_disabled");
    return {
      kind: "token",
      userId: stored.user_id,
      isAdmin: stored.owner_role === "admin",
      tokenId: stored.id,
      expiresAt: stored.expires_at,
      scopes: compileScopes(await readScopes(deps.database, stored.id)),
    };
  };
}
