import { AppError } from "@tessera/contract";
import type { Principal } from "../access/principal.ts";
import { createRateLimit, type RateLimit, requireRate } from "./rate-limit.ts";
import { createTally, type Tally } from "./tally.ts";

/** Who has a share: a user, or a session of theirs; and the token by which they ask. */
export interface Sharer {
  readonly id: string;
  readonly tokenId: string | undefined;
}

export interface ShareOptions {
  /** In the plural, as in "changes". */
  readonly name: string;
  readonly perMinute: number;
  readonly atOnce: number;
}

/** So much of something for each. One token has half of its owner's, so that none keeps the owner from asking. */
export interface Share {
  /** Counts one that begins, and returns what ends it; throws 429 where there is none left. */
  begin(sharer: Sharer): () => void;
  /** Counts more of what has begun. Whoever has used up more than there is waits a minute at most. */
  count(sharer: Sharer, times: number): void;
}

const minute = 60_000;

export function createShare({ name, perMinute, atOnce }: ShareOptions, clock: () => number): Share {
  const whole = createPart("user", name, perMinute, atOnce, clock);
  const half = createPart("token", name, halfOf(perMinute), halfOf(atOnce), clock);
  const partsOf = ({ id, tokenId }: Sharer): readonly (readonly [Part, string])[] =>
    tokenId === undefined
      ? [[whole, id]]
      : [
          [half, tokenId],
          [whole, id],
        ];

  return {
    begin: (sharer) => {
      const parts = partsOf(sharer);
      for (const [part, key] of parts) part.require(key);
      for (const [{ rate, running }, key] of parts) {
        rate.count(key);
        running.add(key, 1);
      }
      return () => {
        for (const [{ running }, key] of parts) running.add(key, -1);
      };
    },
    count: (sharer, times) => {
      for (const [{ rate }, key] of partsOf(sharer)) rate.count(key, times);
    },
  };
}

/** What a request counts as: something of each of these shares. */
export interface Portion {
  begin(): () => void;
  count(times: number): void;
}

export type Shared = readonly [Share, Sharer];

export function portion(...parts: readonly Shared[]): Portion {
  return {
    begin: () => {
      const ends: (() => void)[] = [];
      const endAll = () => {
        for (const end of ends) end();
      };
      try {
        for (const [share, sharer] of parts) ends.push(share.begin(sharer));
      } catch (error) {
        endAll();
        throw error;
      }
      return endAll;
    },
    count: (times) => {
      for (const [share, sharer] of parts) share.count(sharer, times);
    },
  };
}

/** So many times what one session may is what all sessions of a user may together. */
export const sessionsOfUser = 4;

export function userOf(principal: Principal): Sharer {
  const { userId: id } = principal;
  return { id, tokenId: principal.kind === "token" ? principal.tokenId : undefined };
}

/** One session, token or user, by itself. */
export const credential = (id: string): Sharer => ({ id, tokenId: undefined });

/** A rate that one user, or one token, uses up in any amounts; what is under way is finished. */
export interface Allowance {
  require(sharer: Sharer): void;
  count(sharer: Sharer, amount: number): void;
}

interface AllowanceLimits {
  readonly longestWaitMilliseconds?: number;
  readonly parts?: number;
}

/** `told`: what may be had in a minute, in words; `parts`: into so many parts it is divided, one of which is had at once. */
export function createAllowance(
  told: (perMinute: number) => string,
  perMinute: number,
  clock: () => number,
  { longestWaitMilliseconds, parts = 1 }: AllowanceLimits = {},
): Allowance {
  const rateOf = (count: number) =>
    createRateLimit(
      { count, perMilliseconds: minute, burst: count / parts, longestWaitMilliseconds },
      clock,
    );
  const ofTokens = rateOf(halfOf(perMinute));
  const ofUsers = rateOf(perMinute);
  return {
    require: ({ id, tokenId }) => {
      if (tokenId !== undefined) {
        requireRate(ofTokens, tokenId, sayLimit("token", told(halfOf(perMinute))));
      }
      requireRate(ofUsers, id, sayLimit("user", told(perMinute)));
    },
    count: ({ id, tokenId }, amount) => {
      if (tokenId !== undefined) ofTokens.count(tokenId, amount);
      ofUsers.count(id, amount);
    },
  };
}

const halfOf = (count: number) => Math.max(1, Math.floor(count / 2));

interface Part {
  readonly rate: RateLimit;
  readonly running: Tally;
  require(key: string): void;
}

function createPart(
  who: "user" | "token",
  name: string,
  perMinute: number,
  atOnce: number,
  clock: () => number,
): Part {
  const rate = createRateLimit(
    {
      count: perMinute,
      perMilliseconds: minute,
      burst: perMinute,
      longestWaitMilliseconds: minute,
    },
    clock,
  );
  const running = createTally();
  return {
    rate,
    running,
    require: (key) => {
      if (running.of(key) >= atOnce) {
        const message = sayLimit(who, `${atOnce} ${name} at a time`)(1);
        throw new AppError("rate_limited", message, { retryAfterSeconds: 1 });
      }
      requireRate(rate, key, sayLimit(who, `${perMinute} ${name} a minute`));
    },
  };
}

/** What is under way, by key. */
/** What whoever has used up the limit is told. */
function sayLimit(who: "user" | "token", limit: string): (retryAfterSeconds: number) => string {
  return (seconds) => `One ${who} may make ${limit}; try again in ${seconds} s`;
}
