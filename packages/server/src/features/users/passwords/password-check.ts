import type { FastifyRequest } from "fastify";
import type { Deps } from "../../../deps.ts";
import { addressOf } from "../../../http/address-of.ts";
import { networkOf, widerNetworkFactor, widerNetworkOf } from "../../../http/network-address.ts";
import { rateLimited, requireRate, sayTooMany } from "../../../http/rate-limit.ts";
import { uniqueKey } from "../../../store/search-key.ts";
import {
  type AccountLoad,
  accountShare,
  addressShares,
  knownAddressShares,
} from "../accounts/account-load.ts";
import type { StoredUser } from "../people/user-store.ts";
import { createDeviceCookie } from "../sessions/device-cookie.ts";
import { listLiveAddresses } from "../sessions/session-store.ts";
import { findKnownDevice } from "./known-device.ts";
import { verifyPassword } from "./password-hash.ts";
import {
  type FailureCounter,
  findLimitingFailure,
  recordFailure,
} from "./sign-in-failures-store.ts";
import type { InTurn, Share } from "./turns.ts";

/** Username and email. */
const namesOfAccount = 2;

export interface PasswordAttempt {
  /** `confirm`: of one's own, by a session that is proved already. */
  readonly purpose: "signIn" | "confirm";
  /** What was typed as the name of the account; for `confirm`, where nothing was, each name that would lead to it. */
  readonly names: readonly string[];
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
  /** Of the name as it was typed; of the user's id for `confirm`. */
  readonly account: string;
  /**
   * Of the names under which failures count, whether or not there is such a user: if username and email had one
   * count, the answers would tell which of them belong together.
   */
  readonly names: readonly string[];
  readonly network: string;
  /** A browser in which this user has signed in before. */
  readonly deviceId: string | undefined;
  /** Whether this user has a session at the network now. */
  readonly isAtHome: boolean;
  /** The session that confirms its own password; `undefined` for who signs in. */
  readonly sessionId: string | undefined;
}

export function createPasswordCheck(deps: Deps, { lines, rates }: AccountLoad): CheckPassword {
  const { config, database, keys, clock } = deps;
  const window = config.sign_in_failure_window;
  const deviceCookie = createDeviceCookie(config.public_url);

  return async (attempt) => {
    const { user, password } = attempt;
    const asker = await findAsker(attempt);
    const isDevice = asker.deviceId !== undefined;
    requireRate(rates.attempts, placeOf(asker));
    if (isDevice) requireRate(rates.knownAttempts, asker.network);
    requireRate(rates.successes, asker.account);
    rates.attempts.count(placeOf(asker));
    if (isDevice) rates.knownAttempts.count(asker.network);
    await requireFailuresLeft(asker);
    const check = async () => {
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
        recordFailure(trx, [...own, ...common, ...all], now, now - window),
      );
      return false;
    };
    return lineOf(asker)(sharesOf(asker), check);
  };

  function lineOf({ sessionId, deviceId, isAtHome }: Asker): InTurn {
    if (sessionId !== undefined) return lines.confirm;
    return deviceId !== undefined || isAtHome ? lines.knownSignIn : lines.signIn;
  }

  async function findAsker({ purpose, names, user, request }: PasswordAttempt): Promise<Asker> {
    const network = networkOf(addressOf(request));
    const addresses = await listLiveAddresses(database.read, user?.id ?? "", clock());
    const isSeen = addresses.some((address) => networkOf(address) === network);
    const digests = names.map((name) => keys.digest("sign-in-name", uniqueKey(name)));
    const ofUser = keys.digest("sign-in-name", `id ${user?.id ?? ""}`);
    return {
      account: purpose === "confirm" ? ofUser : (digests[0] ?? ofUser),
      names: digests,
      network,
      deviceId: findKnownDevice(keys, deviceCookie.read(request), user, clock()),
      isAtHome: isSeen,
      sessionId: purpose === "confirm" ? sessionOf(request) : undefined,
    };
  }

  function countersOf(asker: Asker) {
    const { names, network } = asker;
    const atNetwork = limitOfName(config.sign_in_failures_per_account);
    const inAll = limitOfName(config.sign_in_failures_per_account_in_all);
    return {
      own: ownCounters(asker),
      common: [
        ...names.map((name) => ({ key: `account:${name}@${network}`, limit: atNetwork })),
        ...countersOfNetwork(network),
      ],
      all: names.map((name) => ({ key: `account:${name}`, limit: inAll })),
    };
  }

  function countersOfNetwork(network: string): readonly FailureCounter[] {
    const limit = config.sign_in_failures_per_address;
    const wider = widerNetworkOf(network);
    const own = { key: `address:${network}`, limit };
    if (wider === undefined) return [own];
    return [own, { key: `address:${wider}`, limit: limit * widerNetworkFactor }];
  }

  /** What only who is known counts for. */
  function ownCounters({ account, deviceId, sessionId }: Asker): readonly FailureCounter[] {
    const limit = config.sign_in_failures_per_account;
    if (sessionId !== undefined) {
      const ofAll = config.sign_in_failures_per_account_in_all;
      return [
        { key: `session:${sessionId}`, limit },
        { key: `sessions of:${account}`, limit: ofAll },
      ];
    }
    return deviceId === undefined ? [] : [{ key: `device:${deviceId}`, limit }];
  }

  /** A known device goes by its own failures alone; when it has used them up it is like any other. */
  async function requireFailuresLeft(asker: Asker): Promise<void> {
    const { own, common, all } = countersOf(asker);
    const ownWait = own.length === 0 ? undefined : await longestWait(own);
    if (ownWait === 0) return;
    // Who has signed in is kept from the password by nobody but who has, too.
    if (asker.sessionId !== undefined) throw tooManyFailures(ownWait ?? 0);
    const milliseconds = await longestWait(asker.isAtHome ? common : [...common, ...all]);
    if (milliseconds > 0) throw tooManyFailures(milliseconds);
  }

  async function longestWait(counters: readonly FailureCounter[]): Promise<number> {
    const now = clock();
    let longest = 0;
    for (const counter of counters) {
      const within = { after: now - window, before: now + window };
      const limitingAt = await findLimitingFailure(database.read, counter, within);
      if (limitingAt !== undefined) longest = Math.max(longest, limitingAt + window - now);
    }
    return longest;
  }
}

/** Half of the account's: by both of its names together nobody has more guesses than the account allows. */
function limitOfName(limitOfAccount: number): number {
  return Math.max(1, Math.floor(limitOfAccount / namesOfAccount));
}

/** Whose attempts are counted: the network of strangers; who is known has a rate that nobody else uses up. */
function placeOf({ network, deviceId, sessionId }: Asker): string {
  if (sessionId !== undefined) return `session:${sessionId}`;
  return deviceId === undefined ? network : `device:${deviceId}`;
}

function sessionOf({ principal }: FastifyRequest): string | undefined {
  return principal?.kind === "session" ? principal.sessionId : undefined;
}

/** Strangers who try passwords of an account take no turns from its devices, nor from where its owner is at home. */
function sharesOf(asker: Asker): readonly Share[] {
  const { account, network, deviceId, isAtHome, sessionId } = asker;
  const place = deviceId !== undefined ? "devices:" : isAtHome ? "home:" : "";
  const kind = sessionId === undefined ? place : "sessions:";
  if (kind === "") return [accountShare(account), ...addressShares(network)];
  return [accountShare(kind + account), ...knownAddressShares(network)];
}

function tooManyFailures(milliseconds: number) {
  return rateLimited(milliseconds, sayTooMany("failed attempts"));
}
