import type { Deps } from "../../../deps.ts";
import { networkOf } from "../../../http/network-address.ts";
import { requireRate } from "../../../http/rate-limit.ts";
import { credential, portion } from "../../../http/share.ts";
import type { AccountLoad } from "../accounts/account-load.ts";
import { prepareSessionRead, type SessionForCheck } from "./session-store.ts";
import { readSessionToken } from "./session-tokens.ts";

export type SessionToken = NonNullable<Awaited<ReturnType<typeof readSessionToken>>>;

/** What anyone may send with a token of a session, before a transaction is opened for it. */
export interface SessionShares {
  /** The token, expired or not, if it was signed here; counts any other text against the network. */
  read(text: string, address: string): Promise<SessionToken | undefined>;
  /**
   * If the token's session has not ended, a change of it is counted, and begins; otherwise one more useless token
   * against the network. Throws `rate_limited`.
   */
  takeChange(token: SessionToken, address: string): Promise<SessionChange | undefined>;
}

/** A change of a session that was counted. */
export interface SessionChange {
  /** In a fair turn of its user. */
  run<T>(work: () => Promise<T>): Promise<T>;
  end(): void;
}

/** The shares of whoever no guard knows: of the token's user once it is proven, else of the network. */
export function createSessionShares(
  deps: Deps,
  { rates, sessionChanges: { ofSession, ofUser } }: AccountLoad,
): SessionShares {
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
    takeChange: async ({ sessionId, userId }, address) => {
      if (!isLive(await readSession(sessionId), userId)) {
        countUnproven(address);
        return undefined;
      }
      const end = portion([ofSession, credential(sessionId)], [ofUser, credential(userId)]).begin();
      return { run: (work) => deps.database.runFor({ caller: userId }, work), end };
    },
  };
}

type Ending = Pick<SessionForCheck, "user_id" | "ended_at">;

/** Whether there is such a session of the user, and it has not ended. */
export function isLive<S extends Ending>(session: S | undefined, userId: string): session is S {
  return session?.user_id === userId && session.ended_at === null;
}
