import type { TokenPrincipal } from "../../../access/principal.ts";
import type { Spending } from "../../../access/question.ts";
import { findUnmetCondition } from "../../../access/steps.ts";
import type { SpendUse } from "../../../http/spend-use.ts";

export interface FirstUses {
  readonly clock: () => number;
  readonly spendUse: SpendUse;
  /** Writes down that the secret is in use, and what follows from that. Throws 401 where it works no more. */
  readonly firstUsed: (holder: TokenPrincipal, address: string) => Promise<void>;
}

/**
 * Counts uses, and of those that are accepted writes the first one of a secret down before it is answered. What the
 * conditions of the token refuse is no use: otherwise a secret that was tried in the wrong place would end the one that
 * works in the right one.
 */
export function confirmFirstUses({ clock, spendUse, firstUsed }: FirstUses): SpendUse {
  /** A request may hold many questions, each of them a use. */
  const confirmed = new WeakSet<TokenPrincipal>();
  /** By the secret: of many that come at once one writes for all. */
  const confirming = new Map<string, Promise<void>>();

  return (token, address, connectedFrom) =>
    token.awaitsFirstUse === true && !confirmed.has(token)
      ? confirmAccepted(token, address, connectedFrom)
      : spendUse(token, address, connectedFrom);

  async function confirmAccepted(
    token: TokenPrincipal,
    address: string | undefined,
    connectedFrom: string,
  ): Promise<Spending | undefined> {
    const spending = await spendUse(token, address, connectedFrom);
    const circumstances = { now: clock(), address, via: "route", spending } as const;
    if (findUnmetCondition({ principal: token, circumstances }) !== undefined) return spending;
    await (confirming.get(token.secretId) ?? confirm(token, connectedFrom));
    confirmed.add(token);
    return spending;
  }

  function confirm(token: TokenPrincipal, connectedFrom: string): Promise<void> {
    const writing = firstUsed(token, connectedFrom).finally(() =>
      confirming.delete(token.secretId),
    );
    confirming.set(token.secretId, writing);
    return writing;
  }
}
