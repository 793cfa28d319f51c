import { AppError, type Endpoint } from "@tessera/contract";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Config } from "../config.ts";
import { kindOfWork } from "./kind-of-work.ts";
import { createRateLimit, type RateLimit } from "./rate-limit.ts";

export interface FairShareDeps {
  readonly config: Pick<
    Config,
    | "changes_per_minute"
    | "changes_at_once"
    | "lists_per_minute"
    | "lists_at_once"
    | "list_time_per_minute"
  >;
  readonly clock: () => number;
  /** Tells of the milliseconds that the lists in `work` take of the database. */
  readonly measureLists: <T>(onTime: (milliseconds: number) => void, work: () => T) => T;
}

/** What one user, by session or by token, may have of the server. What is asked by key, and decisions, is not counted. */
export interface FairShares {
  /** Counts a request whose caller is known; throws 429 where it is more than a fair share. */
  take(request: FastifyRequest, endpoint: Endpoint): void;
  /** Counts what a change is larger than one by its parsed body. It is made, and whatever comes next waits for longer. */
  takeItems(request: FastifyRequest, endpoint: Endpoint): void;
  /** Runs a request that was counted, and counts the database's time that its lists take. */
  run<T>(request: FastifyRequest, work: () => T): T;
}

const minute = 60_000;
/** So many items of a body cost as much as one change. */
const itemsOfChange = 50;

export function shareFairly(
  app: FastifyInstance,
  { config, clock, measureLists }: FairShareDeps,
): FairShares {
  const perMinute = (count: number) =>
    createRateLimit({ count, perMilliseconds: minute, burst: count }, clock);
  const changes = perMinute(config.changes_per_minute);
  const lists = perMinute(config.lists_per_minute);
  const listTime = perMinute(config.list_time_per_minute);
  const changing = createAtOnce(config.changes_at_once);
  const listing = createAtOnce(config.lists_at_once);
  const endOf = new WeakMap<FastifyRequest, () => void>();

  // Runs when the answer is known, also where nobody waits for it any more.
  app.addHook("onSend", async (request) => {
    endOf.get(request)?.();
    endOf.delete(request);
  });

  return {
    take: (request, endpoint) => {
      const userId = request.principal?.userId;
      const kind = kindOfWork(endpoint);
      if (userId === undefined || kind === "by_key") return;
      if (kind === "change") {
        requireRoom(changing, userId, `${config.changes_at_once} changes at a time`);
        requireShare(changes, userId, `${config.changes_per_minute} changes a minute`);
        endOf.set(request, changing.begin(userId));
        return;
      }
      requireRoom(listing, userId, `${config.lists_at_once} lists at a time`);
      requireTime(listTime, userId, config.list_time_per_minute);
      requireShare(lists, userId, `${config.lists_per_minute} lists a minute`);
      endOf.set(request, listing.begin(userId));
    },
    takeItems: (request, endpoint) => {
      const userId = request.principal?.userId;
      if (userId === undefined || kindOfWork(endpoint) !== "change") return;
      const more = countItems(request.body) / itemsOfChange - 1;
      if (more > 0) changes.count(userId, more);
    },
    run: (request, work) => {
      const userId = request.principal?.userId;
      if (userId === undefined) return work();
      return measureLists((milliseconds) => listTime.count(userId, milliseconds), work);
    },
  };
}

/** What is under way, by user. */
interface AtOnce {
  hasRoom(userId: string): boolean;
  /** Returns what ends it. */
  begin(userId: string): () => void;
}

function createAtOnce(maximum: number): AtOnce {
  const running = new Map<string, number>();
  return {
    hasRoom: (userId) => (running.get(userId) ?? 0) < maximum,
    begin: (userId) => {
      running.set(userId, (running.get(userId) ?? 0) + 1);
      return () => {
        const others = (running.get(userId) ?? 1) - 1;
        if (others === 0) running.delete(userId);
        else running.set(userId, others);
      };
    },
  };
}

function requireRoom(atOnce: AtOnce, userId: string, limit: string): void {
  if (!atOnce.hasRoom(userId)) throw limited(limit, 1);
}

/** What takes more than is left is finished, and waited for afterwards. */
function requireTime(rate: RateLimit, userId: string, milliseconds: number): void {
  const wait = rate.wait(userId);
  if (wait === 0) return;
  const limit = `lists that take ${milliseconds} ms of the database a minute`;
  throw limited(limit, Math.ceil(wait / 1000));
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

/** Of a list, its elements; of an object, those of its lists. Lists of ids are paired, each with each. */
function countItems(body: unknown): number {
  if (Array.isArray(body)) return body.length;
  if (typeof body !== "object" || body === null) return 0;
  let pairs = 1;
  let others = 0;
  for (const [name, value] of Object.entries(body)) {
    if (!Array.isArray(value)) continue;
    if (name.endsWith("_ids")) pairs *= value.length;
    else others += value.length;
  }
  return pairs + others;
}
