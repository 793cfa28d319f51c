import { AppError, errorTable } from "@tessera/contract";
import type { FastifyRequest } from "fastify";
import { createRecentlyUsed } from "../recently-used.ts";
import { addressOf } from "./address-of.ts";
import { networkOf, widerNetworkFactor, widerNetworkOf } from "./network-address.ts";

export interface RefusalDeps {
  /** Of one network; each further one waits. */
  readonly badCredentialsPerMinute: number;
  readonly clock: () => number;
  readonly wait: (milliseconds: number) => Promise<unknown>;
}

/** Makes refusals of whatever identifies callers slow; all together are counted. */
export type SlowRefusals = <Caller>(
  identify: (request: FastifyRequest) => Caller | Promise<Caller>,
) => (request: FastifyRequest) => Caller | Promise<Caller>;

const minute = 60_000;
const maximumNetworks = 10_000;
const longestWaitMilliseconds = 1_000;
/** By which each further refusal waits longer than the one before. */
const stepMilliseconds = 10;
/** Of all networks; each holds a connection. */
const maximumWaiting = 300;

/** Slows who guesses credentials: refusals wait, ever longer; what is good is never looked at here. */
export function createSlowRefusals(deps: RefusalDeps): SlowRefusals {
  const failures = createRecentlyUsed<{ readonly since: number; count: number }>({
    maximumEntries: maximumNetworks,
  });
  let waiting = 0;

  return (identify) => (request) => {
    const found = identify(request);
    return found instanceof Promise ? found.catch((error) => refuse(request, error)) : found;
  };

  async function refuse(request: FastifyRequest, error: unknown): Promise<never> {
    if (!(error instanceof AppError) || errorTable[error.code].status !== 401) throw error;
    const excess = countExcess(networkOf(addressOf(request)));
    if (excess <= 0) throw error;
    if (waiting >= maximumWaiting) {
      throw new AppError("rate_limited", "Too many wrong credentials; try again later", {
        retryAfterSeconds: 1,
      });
    }
    waiting += 1;
    try {
      await deps.wait(Math.min(excess * stepMilliseconds, longestWaitMilliseconds));
    } finally {
      waiting -= 1;
    }
    throw error;
  }

  /** Counts a failure; by how many there were more than the network, or the wider one that holds it, may have. */
  function countExcess(network: string): number {
    const limit = deps.badCredentialsPerMinute;
    const excess = countFailure(network) - limit;
    const wider = widerNetworkOf(network);
    if (wider === undefined) return excess;
    return Math.max(excess, countFailure(wider) - limit * widerNetworkFactor);
  }

  function countFailure(network: string): number {
    const now = deps.clock();
    const known = failures.get(network);
    const ofMinute =
      known !== undefined && Math.abs(now - known.since) < minute
        ? known
        : { since: now, count: 0 };
    ofMinute.count += 1;
    failures.set(network, ofMinute);
    return ofMinute.count;
  }
}
