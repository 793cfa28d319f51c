import { availableParallelism } from "node:os";
import type { Deps } from "../../../deps.ts";
import { widerNetworkFactor, widerNetworkOf } from "../../../http/network-address.ts";
import {
  createNetworkRateLimit,
  createRateLimit,
  type RateLimit,
} from "../../../http/rate-limit.ts";
import { createShare, type Share, sessionsOfUser } from "../../../http/share.ts";
import { createTurns, type InTurn, type Share as WaitingShare } from "../passwords/turns.ts";

/** What keeps the work that passwords make within bounds, and anybody's flood from being another's wait. */
export interface AccountLoad {
  /** Lines of their own for each purpose. */
  readonly lines: {
    /** Signing in where one is known; beside that of strangers, so that neither fills the other's places. */
    readonly knownSignIn: InTurn;
    readonly signIn: InTurn;
    /** Confirming or changing one's own password. */
    readonly confirm: InTurn;
    readonly register: InTurn;
  };
  readonly rates: {
    /** Attempts, right or wrong, of whoever asks: an address or a known device. */
    readonly attempts: RateLimit;
    /** Attempts of all known devices at an address. */
    readonly knownAttempts: RateLimit;
    /** Right passwords of an account. */
    readonly successes: RateLimit;
    readonly registrations: RateLimit;
    /** Links that strangers have mailed to an address, whether or not it is somebody's. */
    readonly mails: RateLimit;
    /** Links that a user has mailed to the own address, which no stranger can use up. */
    readonly ownMails: RateLimit;
    /** Tokens of a network that are of no session, or of one that has ended. */
    readonly unproven: RateLimit;
  };
  /** Refreshed and ended sessions. */
  readonly sessionChanges: {
    /** Of each, so that a stolen one keeps nobody from ending theirs. */
    readonly ofSession: Share;
    readonly ofUser: Share;
  };
}

// A hash takes 19 MiB and, for its whole time, a core and one of libuv's four threads: one of each stays free for all else.
const signInsAtOnce = availableParallelism() > 2 ? 2 : 1;
const othersAtOnce = 1;
const maximumWaiting = 200;
const waitingOfAccount = 10;
const waitingOfAddress = 50;
/** So many times what strangers at an address may is what all who are known there may together. */
const knownFactor = 4;

const minute = 60_000;
const hour = 60 * minute;

export function createAccountLoad({ config, clock }: Pick<Deps, "config" | "clock">): AccountLoad {
  const others = createTurns(othersAtOnce);
  const signIns = createTurns(signInsAtOnce);
  const createMails = () =>
    createRateLimit(
      { count: config.mails_per_account, perMilliseconds: hour, burst: config.mails_per_account },
      clock,
    );
  const perMinute = (count: number) => ({ count, perMilliseconds: minute, burst: count });
  const registrations = config.registrations_per_address;
  const createSessionChanges = (sessions: number) =>
    createShare(
      {
        name: "refreshed or ended sessions",
        perMinute: config.changes_per_minute * sessions,
        atOnce: config.changes_at_once * sessions,
      },
      clock,
    );
  return {
    lines: {
      knownSignIn: signIns.newLine(maximumWaiting),
      signIn: signIns.newLine(maximumWaiting),
      confirm: others.newLine(maximumWaiting),
      register: others.newLine(maximumWaiting),
    },
    rates: {
      attempts: createNetworkRateLimit(perMinute(config.sign_ins_per_address), clock),
      knownAttempts: createNetworkRateLimit(
        perMinute(config.sign_ins_per_address * knownFactor),
        clock,
      ),
      successes: createRateLimit(perMinute(config.sign_ins_per_account), clock),
      registrations: createNetworkRateLimit(
        { count: registrations, perMilliseconds: hour, burst: Math.ceil(registrations / 3) },
        clock,
      ),
      mails: createMails(),
      ownMails: createMails(),
      unproven: createNetworkRateLimit(perMinute(config.bad_credentials_per_minute), clock),
    },
    sessionChanges: {
      ofSession: createSessionChanges(1),
      ofUser: createSessionChanges(sessionsOfUser),
    },
  };
}

export function accountShare(account: string): WaitingShare {
  return { key: `account:${account}`, maximumWaiting: waitingOfAccount };
}

export function addressShares(network: string): readonly WaitingShare[] {
  return sharesOfNetworks(network, waitingOfAddress);
}

/** Of those at an address who are known there by a device or a session. */
export function knownAddressShares(network: string): readonly WaitingShare[] {
  return sharesOfNetworks(network, waitingOfAddress * knownFactor);
}

/** Also of the wider network: else each of its many networks would look like another caller. */
function sharesOfNetworks(network: string, maximumWaiting: number): readonly WaitingShare[] {
  const own = { key: `address:${network}`, maximumWaiting };
  const wider = widerNetworkOf(network);
  if (wider === undefined) return [own];
  return [own, { key: `address:${wider}`, maximumWaiting: maximumWaiting * widerNetworkFactor }];
}
