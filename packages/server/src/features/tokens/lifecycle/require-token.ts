import { AppError } from "@tessera/contract";
import type { Principal } from "../../../access/principal.ts";
import { findToken, type VisibleToken } from "./token-store.ts";

/** The caller's own token; throws `not_found` where they have none with this id. */
export async function requireToken(
  handle: Parameters<typeof findToken>[0],
  principal: Pick<Principal, "userId">,
  tokenId: string,
): Promise<VisibleToken> {
  const token = await findToken(handle, principal.userId, tokenId);
  if (token === undefined) throw unknownToken();
  return token;
}

export function unknownToken(): AppError {
  return new AppError("not_found", "You have no personal access token with this id");
}
