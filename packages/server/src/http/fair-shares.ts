import type { Endpoint } from "@tessera/contract";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Principal } from "../access/principal.ts";
import type { Config } from "../config.ts";
import { addressOf } from "./address-of.ts";
import { createBodyShares } from "./body-shares.ts";
import { countItems } from "./count-items.ts";
import { createInTurns, type InTurns } from "./in-turns.ts";
import { type KindOfWork, kindOfWork } from "./kind-of-work.ts";
import type { MaybePromise } from "./maybe-promise.ts";
import { NetworkWork } from "./network-work.ts";
import {
  createAllowance,
  createShare,
  credential,
  type Portion,
  portion,
  type Shared,
  type Sharer,
  sessionsOfUser,
  userOf,
} from "./share.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Ends what the request takes of a share while it is under way. */
    endShare: (() => void) | undefined;
    /** Who pays for the size of the list that is asked for. */
    lister: Sharer | undefined;
  }
}

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
  /** Lets the database do the work for a caller, who has a fair turn and hears of the milliseconds that lists take. */
  readonly runFor: <T>(whom: WorkFor, work: () => T) => T;
}

interface WorkFor {
  readonly caller: string;
  readonly onListTime?: (milliseconds: number) => void;
  readonly onConflict?: () => void;
}

/**
 * Makes a change cost more by so many items, which its body does not show; throws 429 where the caller has had too many
 * large changes refused. To be called in the transaction, before the work that it is about.
 */
export type Weigh = (items: number) => void;

/** By what a handler tells what its work costs. */
export interface Efforts {
  readonly weigh: Weigh;
  readonly inTurns: InTurns;
}

/** What one user, by session or by token, may have of the server. What is asked by key is not counted, but for large views. */
export interface FairShares {
  of(endpoint: Endpoint): SharesOfEndpoint;
  /** Whether nobody has had too many large views. */
  areViewsFree(): boolean;
}

export interface SharesOfEndpoint {
  /** Counts a body that is about to come, of the caller or else of the network, whatever will be in it; throws like `take`. */
  takeBody(request: FastifyRequest): void;
  /** Counts a request whose caller is known; throws 429 where it is more than a fair share. */
  take(request: FastifyRequest): void;
  /** Counts the items of a large request that was looked at and then refused before it ran. */
  countRefused(request: FastifyRequest): void;
  /**
   * Runs a request that was counted, and counts what it was larger than one: the items of a change once it is made, so
   * that whatever comes next waits for longer; the database's time that lists take.
   */
  run<T>(request: FastifyRequest, work: (efforts: Efforts) => MaybePromise<T>): MaybePromise<T>;
}

const minute = 60_000;
/** So many items of a body cost as much as one change. */
const itemsOfChange = 50;
const viewKibibytesPerMinute = 64 * 1024;
/** Views of objects with little metadata are never counted. */
const freeViewLetters = 16 * 1024;
/** Shorter replies are written in no time. */
const freeLetters = 64 * 1024;
/** So much of a list is read and written in a millisecond, beside the database's time. */
const lettersOfMillisecond = 32 * 1024;
/** A batch of so many questions counts no more than single ones: not at all. */
const freeQuestions = 20;

export function shareFairly(
  app: FastifyInstance,
  { config, clock, runFor }: FairShareDeps,
): FairShares {
  const ofChanges = { perMinute: config.changes_per_minute, atOnce: config.changes_at_once };
  const changes = createShare({ name: "changes", ...ofChanges }, clock);
  // Of its own, so that nothing else that is done in a user's name keeps the user from ending it.
  const takings = createShare({ name: "changes that take rights away", ...ofChanges }, clock);
  // A thief of one session leaves the user's others most of it.
  const takingsOfUser = createShare(
    {
      name: "changes that take rights away, by all sessions,",
      perMinute: ofChanges.perMinute * sessionsOfUser,
      atOnce: ofChanges.atOnce * sessionsOfUser,
    },
    clock,
  );
  const lists = createShare(
    { name: "lists", perMinute: config.lists_per_minute, atOnce: config.lists_at_once },
    clock,
  );
  const batches = createShare(
    {
      name: `times ${itemsOfChange} questions in batches`,
      perMinute: config.changes_per_minute,
      atOnce: config.changes_at_once,
    },
    clock,
  );
  const listTime = createAllowance(
    (milliseconds) => `lists that take ${milliseconds} ms of the database a minute`,
    config.list_time_per_minute,
    clock,
  );
  // A refusal may come after much work: it makes large changes wait, and no others.
  const refusedItems = createAllowance(
    (count) => `large changes of ${count * itemsOfChange} items a minute that are refused`,
    config.changes_per_minute,
    clock,
    { longestWaitMilliseconds: minute },
  );
  const takeBody = createBodyShares(clock);
  const largeViews = createAllowance(
    (kibibytes) => `large views of ${kibibytes} KiB a minute`,
    viewKibibytesPerMinute,
    clock,
    // All at once they would keep the thread for seconds.
    { longestWaitMilliseconds: minute, parts: 8 },
  );
  /** Till then somebody may have had too many; 0: nobody, and nothing is asked of anybody. */
  let viewsAreLimitedUntil = 0;
  // Whatever handles a request does nothing for the server itself, whose line is for its own works: where nobody else is
  // named, it is for the network.
  const enter = (request: FastifyRequest, _reply: unknown, done: () => void) =>
    runFor(new NetworkWork(addressOf(request)), done);
  app.addHook("onRequest", enter);
  // A body that arrives brings a context of its own along.
  app.addHook("preHandler", (request, reply, done) =>
    request.body === undefined ? done() : enter(request, reply, done),
  );
  app.decorateRequest("endShare", undefined);
  app.decorateRequest("lister", undefined);
  app.decorateRequest("bodyReader", undefined);

  const end = (request: FastifyRequest) => {
    request.endShare?.();
    request.endShare = undefined;
  };

  const countView = ({ principal, routeOptions }: FastifyRequest, letters: number) => {
    const { endpoint } = routeOptions.config;
    if (principal === undefined || endpoint === undefined || !isView(endpoint)) return;
    const user = userOf(principal);
    largeViews.count(user, letters / 1024);
    try {
      largeViews.require(user);
    } catch {
      viewsAreLimitedUntil = clock() + minute;
    }
  };

  // Runs when the answer is known, also where nobody waits for it any more.
  app.addHook("onSend", (request, { raw }, payload, done) => {
    const { lister } = request;
    if (lister === undefined || raw.destroyed) end(request);
    else {
      // A list may be megabytes, which are kept until they are read.
      raw.once("finish", () => end(request));
      raw.once("close", () => end(request));
    }
    if (typeof payload === "string" && payload.length > freeViewLetters) {
      if (lister === undefined) countView(request, payload.length);
      else if (payload.length > freeLetters) {
        listTime.count(lister, payload.length / lettersOfMillisecond);
      }
    }
    done();
  });

  const portionOf = (
    kind: CountedKind,
    endpoint: Endpoint,
    principal: Principal,
    user: Sharer,
  ): Portion => {
    const parts = partsOf(kind, endpoint, principal, user);
    return portion(...parts, ...(endpoint.readsLikeList === true ? [asList(user)] : []));
  };

  const asList = (user: Sharer): Shared => [lists, user];

  const partsOf = (
    kind: CountedKind,
    { access }: Endpoint,
    principal: Principal,
    user: Sharer,
  ): readonly Shared[] => {
    if (kind === "list") return [asList(user)];
    if (kind === "change") return [[changes, user]];
    // By credential: one that was stolen leaves the others theirs.
    if (principal.kind === "session") {
      return [
        [takings, credential(principal.sessionId)],
        [takingsOfUser, user],
      ];
    }
    // A token ends itself, whatever else is done with it: whoever else holds it would prevent that.
    const endsItself = access.kind === "token_self";
    return [endsItself ? [takings, credential(principal.tokenId)] : [changes, user]];
  };

  return {
    areViewsFree: () => viewsAreLimitedUntil === 0,
    of: (endpoint) => {
      const kind = kindOfWork(endpoint);
      if (kind === "by_key") return ofAnswersByKey(endpoint);
      return {
        takeBody: (request) => takeBody(kind, request),
        take: (request) => {
          const { principal } = request;
          if (principal === undefined) return;
          const user = userOf(principal);
          const own = portionOf(kind, endpoint, principal, user);
          if (kind === "list" || endpoint.readsLikeList === true) listTime.require(user);
          if (kind === "list") request.lister = user;
          if (moreItems(kind, request.body) > 0) refusedItems.require(user);
          request.endShare = own.begin();
        },
        countRefused: ({ principal, body }) => {
          const more = moreItems(kind, body);
          if (principal !== undefined && more > 0) refusedItems.count(userOf(principal), more);
        },
        run: (request, work) => {
          const { principal, body } = request;
          // In a line of their network: in one for all of them together, each would wait for all others.
          if (principal === undefined)
            return runFor(new NetworkWork(addressOf(request)), () => work(forFree));
          const user = userOf(principal);
          return runCounted({ kind, body, user }, portionOf(kind, endpoint, principal, user), work);
        },
      };
    },
  };

  /** Without a promise: this is the way of everything that has to be fast. */
  function ofAnswersByKey(endpoint: Endpoint): SharesOfEndpoint {
    const { access } = endpoint;
    const requireView = ({ principal }: FastifyRequest) => {
      if (viewsAreLimitedUntil === 0 || principal === undefined) return;
      if (clock() >= viewsAreLimitedUntil) viewsAreLimitedUntil = 0;
      else largeViews.require(userOf(principal));
    };
    return {
      takeBody: (request) => takeBody("by_key", request),
      take: isView(endpoint) ? requireView : () => {},
      countRefused: () => {},
      run: (request, work) => {
        const { principal, body } = request;
        const isBatch =
          access.kind === "bearer" && Array.isArray(body) && body.length > freeQuestions;
        return principal !== undefined && isBatch
          ? runBatch(body, userOf(principal), () => work(forFree))
          : work(forFree);
      },
    };
  }

  async function runCounted<T>(
    { kind, body, user }: Counted,
    own: Portion,
    work: (efforts: Efforts) => MaybePromise<T>,
  ): Promise<T> {
    const cost = countCost(kind, user, kind === "list" ? 0 : countItems(body));
    cost.requireFewRefused();
    let isMade = false;
    try {
      const result = await runFor(cost.whom, () =>
        work({ weigh: cost.weigh, inTurns: createInTurns(cost.whom.onListTime) }),
      );
      isMade = true;
      return result;
    } finally {
      const more = cost.more();
      if (more > 0) {
        if (isMade) own.count(more);
        else refusedItems.count(user, more);
      }
    }
  }

  /** What one request costs beyond the first item; it knows no request, for the reason of {@link NetworkWork}. */
  function countCost(kind: CountedKind, user: Sharer, shown: number) {
    let weighed = 0;
    let attempts = 0;
    // What is done again and again because of conflicts costs again; once may be anybody's doing.
    const more = () => Math.max(1, attempts) * Math.max(1, (shown + weighed) / itemsOfChange) - 1;
    const requireFewRefused = () => {
      if (more() > 0 && kind === "change") refusedItems.require(user);
    };
    const whom = {
      caller: user.id,
      onListTime: (milliseconds: number) => listTime.count(user, milliseconds),
      onConflict: () => {
        attempts += 1;
        // The next attempt weighs again.
        weighed = 0;
      },
    };
    const weigh: Weigh = (added) => {
      weighed += added;
      requireFewRefused();
    };
    return { more, requireFewRefused, whom, weigh };
  }

  async function runBatch<T>(body: unknown, user: Sharer, work: () => MaybePromise<T>): Promise<T> {
    const end = batches.begin(user);
    const more = countItems(body) / itemsOfChange - 1;
    if (more > 0) batches.count(user, more);
    try {
      return await work();
    } finally {
      end();
    }
  }
}

type CountedKind = Exclude<KindOfWork, "by_key">;

interface Counted {
  readonly kind: CountedKind;
  readonly body: unknown;
  readonly user: Sharer;
}

/** Decisions are none, whatever else was asked. */
function isView(endpoint: Endpoint): boolean {
  return kindOfWork(endpoint) === "by_key" && endpoint.access.kind !== "bearer";
}

/** For how many changes more than one a body counts; what takes rights away is never refused for its size. */
function moreItems(kind: CountedKind, body: unknown): number {
  return kind === "change" ? Math.max(0, countItems(body) / itemsOfChange - 1) : 0;
}

const forFree: Efforts = { weigh: () => {}, inTurns: createInTurns(() => {}) };
