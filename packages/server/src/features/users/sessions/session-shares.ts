import type { Deps } from "../../../deps.ts";
import { networkOf } from "../../../http/network-address.ts";
import { requireRate } from "../../../http/rate-limit.ts";
import type { AccountLoad } from "../accounts/account-load.ts";
import { prepareSessionRead, type SessionForCheck } from "./session-store.ts";
import { readSessionToken } from "./session-tokens.ts";

type SessionToken = NonNullable<Awaited<ReturnType<typeof readSessionToken>>>;

/** What anyone may send with a token of a session, before a transaction is opened for it. */
export interface SessionShares {
  /** The token, expired or not, if it was signed here; counts any other text against the network. */
  read(text: string, address: string): Promise<SessionToken | undefined>;
  /**
   * Whether the token's session has not ended: then a change of it is counted, otherwise one more
   * useless token against the network. Throws `rate_limited`.
   */
  takeChange(token: SessionToken, address: string): Promise<boolean>;
}

/** The shares of whoever no guard knows: of the token's user once it is proven, else of the network. */
export function createSessionShares(deps: Deps, { rates }: AccountLoad): SessionShares {
  const readSession = prepareSessionRead(deps.database);
  const countUnproven = (address: string) => {
    const network = networkOf(address);
    requireRate(rates.unproven, network);
    rates.unproven.count(network);
  };

  return {
    read: async (text, address) => {
      const token = await readSessionToken(deps.keys, text);
      if (token === undefined) countUnproven(address);
      return token;
    },
    takeChange: async (token, address) => {
      if (!isLive(await readSession(token.sessionId), token.userId)) {
        countUnproven(address);
        return false;
      }
      // Of each session, so that a stolen one keeps nobody from ending theirs.
      requireRate(rates.sessionChanges, token.sessionId);
      rates.sessionChanges.count(token.sessionId);
      return true;
    },
  };
}

type Ending = Pick<SessionForCheck, "user_id" | "ended_at">;

/** Whether there is such a session of the user, and it has not ended. */
export function isLive<S extends Ending>(session: S | undefined, userId: string): session is S {
  return session?.user_id === userId && session.ended_at === null;
}
