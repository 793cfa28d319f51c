import { AppError, type Endpoint } from "@tessera/contract";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Config } from "../config.ts";
import { kindOfWork } from "./kind-of-work.ts";
import { createRateLimit, type RateLimit } from "./rate-limit.ts";

export interface FairShareDeps {
  readonly config: Pick<
    Config,
    "changes_per_minute" | "lists_per_minute" | "lists_at_once" | "list_timeout"
  >;
  readonly clock: () => number;
}

const minute = 60_000;
/** A search that was given up costs so many times its time: nobody spends more than a twentieth of it on them. */
const priceOfSlowSearch = 20;

/**
 * Returns the function that counts a request whose caller is known; it throws 429 where the user, by session or by
 * token, has had a fair share of changes or of lists. What is asked by key, and every decision, is not counted.
 */
export function shareFairly(
  app: FastifyInstance,
  { config, clock }: FairShareDeps,
): (request: FastifyRequest, endpoint: Endpoint) => void {
  const perMinute = (count: number) =>
    createRateLimit({ count, perMilliseconds: minute, burst: count }, clock);
  const changes = perMinute(config.changes_per_minute);
  const lists = perMinute(config.lists_per_minute);
  const slowSearchCount =
    (priceOfSlowSearch * config.list_timeout * config.lists_per_minute) / minute;
  const listsOfUser = new Map<string, number>();
  const running = new WeakMap<FastifyRequest, string>();

  // Runs when the answer is known, also where nobody waits for it any more.
  app.addHook("onSend", async (request, reply) => {
    const userId = running.get(request);
    if (userId === undefined) return;
    running.delete(request);
    const others = (listsOfUser.get(userId) ?? 1) - 1;
    if (others === 0) listsOfUser.delete(userId);
    else listsOfUser.set(userId, others);
    if (reply.statusCode === 503) lists.count(userId, slowSearchCount);
  });

  return (request, endpoint) => {
    const userId = request.principal?.userId;
    if (userId === undefined) return;
    const kind = kindOfWork(endpoint);
    if (kind === "change") {
      requireShare(changes, userId, `${config.changes_per_minute} changes a minute`);
    }
    if (kind === "list") beginList(request, userId);
  };

  function beginList(request: FastifyRequest, userId: string): void {
    const atOnce = listsOfUser.get(userId) ?? 0;
    if (atOnce >= config.lists_at_once) {
      throw limited(`${config.lists_at_once} lists at a time`, 1);
    }
    requireShare(lists, userId, `${config.lists_per_minute} lists a minute`);
    listsOfUser.set(userId, atOnce + 1);
    running.set(request, userId);
  }
}

function requireShare(rate: RateLimit, userId: string, limit: string): void {
  const wait = rate.wait(userId);
  if (wait > 0) throw limited(limit, Math.ceil(wait / 1000));
  rate.count(userId);
}

function limited(limit: string, retryAfterSeconds: number): AppError {
  const message = `One user may make ${limit}; try again in ${retryAfterSeconds} s`;
  return new AppError("rate_limited", message, { retryAfterSeconds });
}
