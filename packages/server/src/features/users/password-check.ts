import type { FastifyRequest } from "fastify";
import type { Deps } from "../../deps.ts";
import { networkOf } from "../../http/network-address.ts";
import { uniqueKey } from "../../store/search-key.ts";
import {
  type AccountLoad,
  accountShare,
  addressShare,
  requireRate,
  tooMany,
} from "./account-load.ts";
import { createDeviceCookie } from "./device-cookie.ts";
import { findKnownDevice } from "./known-device.ts";
import { verifyPassword } from "./password-hash.ts";
import { listLiveAddresses } from "./session-store.ts";
import {
  type FailureCounter,
  findLimitingFailure,
  recordFailure,
} from "./sign-in-failures-store.ts";
import type { Share } from "./turns.ts";
import type { StoredUser } from "./user-store.ts";

export interface PasswordAttempt {
  /** `confirm`: of one's own, by a session that is proved already. */
  readonly purpose: "signIn" | "confirm";
  /** What was typed as the name of the account; counts where there is no such user. */
  readonly name: string;
  /** `undefined`: there is no such user. */
  readonly user: Pick<StoredUser, "id" | "password_hash" | "status"> | undefined;
  readonly password: string;
  /** Where it comes from: its address and the device cookie. */
  readonly request: FastifyRequest;
}

/**
 * Whether the password is that of the user and the user is enabled; as much is done when there is no such user.
 * Failures and successes are counted; throws `rate_limited` when there were too many.
 */
export type CheckPassword = (attempt: PasswordAttempt) => Promise<boolean>;

/** Who tries a password, as far as it can be told before the password is looked at. */
interface Asker {
  /** Of the user's id, so that user name and e-mail are one account; else of what was typed. */
  readonly account: string;
  readonly network: string;
  /** A browser in which this user has signed in before. */
  readonly deviceId: string | undefined;
  /** Whether this user has a session at the network now, or is signed in already. */
  readonly isAtHome: boolean;
}

export function createPasswordCheck(deps: Deps, { lines, rates }: AccountLoad): CheckPassword {
  const { config, database, keys, clock } = deps;
  const window = config.sign_in_failure_window;
  const deviceCookie = createDeviceCookie(config.public_url);

  return async (attempt) => {
    const { purpose, user, password } = attempt;
    const asker = await findAsker(attempt);
    requireRate(rates.attempts, placeOf(asker));
    requireRate(rates.successes, asker.account);
    rates.attempts.count(placeOf(asker));
    await requireFailuresLeft(asker);
    return lines[purpose](sharesOf(asker), async () => {
      // Again, because what failed meanwhile counts: guesses sent all at once gain nothing.
      await requireFailuresLeft(asker);
      const isRight = await verifyPassword(user?.password_hash, password);
      if (isRight && user?.status === "enabled") {
        rates.successes.count(asker.account);
        return true;
      }
      const { own, common, all } = countersOf(asker);
      const now = clock();
      await database.inTransaction((trx) =>
        recordFailure(trx, [...own, ...common, all], now, now - window),
      );
      return false;
    });
  };

  async function findAsker({ purpose, name, user, request }: PasswordAttempt): Promise<Asker> {
    const network = networkOf(request.ip);
    const addresses = await listLiveAddresses(database.read, user?.id ?? "", clock());
    const isSeen = addresses.some((address) => networkOf(address) === network);
    return {
      account: keys.digest("sign-in-name", user === undefined ? uniqueKey(name) : `id ${user.id}`),
      network,
      deviceId: findKnownDevice(keys, deviceCookie.read(request), user, clock()),
      isAtHome: isSeen || purpose === "confirm",
    };
  }

  function countersOf({ account, network, deviceId }: Asker) {
    const perAccount = config.sign_in_failures_per_account;
    return {
      own: deviceId === undefined ? [] : [{ key: `device:${deviceId}`, limit: perAccount }],
      common: [
        { key: `account:${account}@${network}`, limit: perAccount },
        { key: `address:${network}`, limit: config.sign_in_failures_per_address },
      ],
      all: { key: `account:${account}`, limit: config.sign_in_failures_per_account_in_all },
    };
  }

  /** A known device goes by its own failures alone; when it has used them up it is like any other. */
  async function requireFailuresLeft(asker: Asker): Promise<void> {
    const { own, common, all } = countersOf(asker);
    if (own.length > 0 && (await longestWait(own)) === 0) return;
    const milliseconds = await longestWait(asker.isAtHome ? common : [...common, all]);
    if (milliseconds > 0) throw tooMany("failed attempts", milliseconds);
  }

  async function longestWait(counters: readonly FailureCounter[]): Promise<number> {
    const now = clock();
    let longest = 0;
    for (const counter of counters) {
      const limitingAt = await findLimitingFailure(database.read, counter, now - window);
      if (limitingAt !== undefined) longest = Math.max(longest, limitingAt + window - now);
    }
    return longest;
  }
}

/** The network, where known devices keep their share when strangers use up the other. */
function placeOf({ network, deviceId }: Asker): string {
  return deviceId === undefined ? network : `devices:${network}`;
}

/** Strangers who try passwords of an account take no turns from its devices, nor from where its owner is at home. */
function sharesOf(asker: Asker): readonly Share[] {
  const { account, deviceId, isAtHome } = asker;
  const kind = deviceId !== undefined ? "devices:" : isAtHome ? "home:" : "";
  return [accountShare(kind + account), addressShare(placeOf(asker))];
}
