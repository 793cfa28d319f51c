import type { Endpoint } from "@tessera/contract";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Principal } from "../access/principal.ts";
import type { Config } from "../config.ts";
import { countItems } from "./count-items.ts";
import { kindOfWork } from "./kind-of-work.ts";
import { createAllowance, createShare, type Share, type Sharer } from "./share.ts";

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
  readonly onListTime: (milliseconds: number) => void;
}

/** Makes a change cost more by so many items, which its body does not show. */
export type Weigh = (items: number) => void;

/** What one user, by session or by token, may have of the server. What is asked by key is not counted. */
export interface FairShares {
  /** Counts a request whose caller is known; throws 429 where it is more than a fair share. */
  take(request: FastifyRequest, endpoint: Endpoint): void;
  /**
   * Runs a request that was counted, and counts what it was larger than one: the items of a change once it is made, so
   * that whatever comes next waits for longer; the database's time that lists take.
   */
  run<T>(
    request: FastifyRequest,
    endpoint: Endpoint,
    work: (weigh: Weigh) => T | Promise<T>,
  ): Promise<T>;
}

const minute = 60_000;
/** So many items of a body cost as much as one change. */
const itemsOfChange = 50;
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
    minute,
  );
  const endOf = new WeakMap<FastifyRequest, () => void>();

  // Runs when the answer is known, also where nobody waits for it any more.
  app.addHook("onSend", async (request) => {
    endOf.get(request)?.();
    endOf.delete(request);
  });

  const shareOf = (endpoint: Endpoint, { kind: by }: Principal): Share | undefined => {
    const kind = kindOfWork(endpoint);
    if (kind === "by_key") return undefined;
    if (kind === "list") return lists;
    // A token ends itself, whatever else is done with it: whoever else holds it would prevent that.
    const isKept = by === "session" || endpoint.access.kind === "token_self";
    return kind === "taking" && isKept ? takings : changes;
  };

  return {
    take: (request, endpoint) => {
      const { principal } = request;
      if (principal === undefined) return;
      const share = shareOf(endpoint, principal);
      if (share === lists) listTime.require(userOf(principal));
      if (share !== undefined) endOf.set(request, share.begin(sharerOf(share, principal)));
    },
    run: async (request, endpoint, work) => {
      const { principal } = request;
      if (principal === undefined) return work(() => {});
      const user = userOf(principal);
      if (isBatch(request)) return runBatch(request, user, () => work(() => {}));
      const share = shareOf(endpoint, principal);
      let items = share === undefined || share === lists ? 0 : countItems(request.body);
      const weigh: Weigh = (more) => {
        items += more;
      };
      const larger = () => Math.max(0, items / itemsOfChange - 1);
      if (larger() > 0 && share === changes) refusedItems.require(user);
      let isMade = false;
      try {
        const result = await runFor(
          {
            caller: user.id,
            onListTime: (milliseconds) => listTime.count(user, milliseconds),
          },
          () => work(weigh),
        );
        isMade = true;
        return result;
      } finally {
        if (share !== undefined && larger() > 0) {
          if (isMade) share.count(sharerOf(share, principal), larger());
          else refusedItems.count(user, larger());
        }
      }
    },
  };

  async function runBatch<T>(
    { body }: FastifyRequest,
    user: Sharer,
    work: () => T | Promise<T>,
  ): Promise<T> {
    const end = batches.begin(user);
    const more = countItems(body) / itemsOfChange - 1;
    if (more > 0) batches.count(user, more);
    try {
      return await work();
    } finally {
      end();
    }
  }

  /** What takes rights away is counted by credential: one that was stolen leaves the others theirs. */
  function sharerOf(share: Share, principal: Principal): Sharer {
    if (share !== takings) return userOf(principal);
    const id = principal.kind === "session" ? principal.sessionId : principal.tokenId;
    return { id, tokenId: undefined };
  }
}

/** Whether it asks more than a few questions in one request. */
function isBatch({ body, routeOptions: { config } }: FastifyRequest): boolean {
  if (config.endpoint?.access.kind !== "bearer") return false;
  return Array.isArray(body) && body.length > freeQuestions;
}

function userOf(principal: Principal): Sharer {
  const { userId: id } = principal;
  return { id, tokenId: principal.kind === "token" ? principal.tokenId : undefined };
}
