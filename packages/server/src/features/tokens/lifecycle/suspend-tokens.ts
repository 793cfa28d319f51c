import type { Change } from "../../../changes/change-hub.ts";
import { suspendTokens } from "./token-store.ts";

/**
 * Revokes the tokens of a person who is disabled, in the transaction that does it: should the person be enabled again,
 * each works only once its owner has restored it.
 */
export async function suspendTokensOf(
  { trx, record }: Pick<Change, "trx" | "record">,
  userId: string,
  at: number,
): Promise<void> {
  // Nothing is touched but the user: what is remembered of a token hangs on its owner too.
  for (const entityId of await suspendTokens(trx, userId, at)) {
    record({ name: "tokens.revoke", entityId, details: { because: "owner_disabled" } });
  }
}
