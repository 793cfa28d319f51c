import { AppError } from "@tessera/contract";
import type { FastifyRequest } from "fastify";
import { addressOf } from "./address-of.ts";
import { freeBodyBytes } from "./json-body.ts";
import type { KindOfWork } from "./kind-of-work.ts";
import { NetworkWork } from "./network-work.ts";
import { type Allowance, createAllowance, credential, type Sharer, userOf } from "./share.ts";
import { createTally } from "./tally.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Who has a large body read, and pays for it. */
    bodyReader: BodyReader | undefined;
  }
}

export interface BodyReader {
  /** In whose turn it is read. */
  readonly caller: string;
  /** Hears how many members and elements it has. */
  readonly pay: (values: number) => void;
}

const kibibytesPerMinute = 64 * 1024;
const strangersKibibytesPerMinute = 2 * 1024;
/** Of all bodies that have begun to come and are not here yet: from then on each caller has one. */
const maximumUnderWay = 128 * 1024 * 1024;
/** A member or element takes at least as long to be read as so much text. */
const kibibytesOfValue = 1 / 16;

/** Counts a body that is about to come, of the caller or else of the network, whatever will be in it; throws 429. */
export type TakeBody = (kind: KindOfWork, request: FastifyRequest) => void;

export function createBodyShares(clock: () => number): TakeBody {
  const newBodies = () =>
    createAllowance(
      (kibibytes) => `large bodies of ${kibibytes} KiB a minute`,
      kibibytesPerMinute,
      clock,
      // All at once they would keep the others' waiting.
      { longestWaitMilliseconds: 60_000, parts: 4 },
    );
  const bodies = newBodies();
  // Of callers who are not known, by network: nothing that they may ask for has a large body, but registering.
  const bodiesOfStrangers = createAllowance(
    (kibibytes) => `large bodies of ${kibibytes} KiB a minute without a session or token`,
    strangersKibibytesPerMinute,
    clock,
  );
  // Apart, so that nothing else that is done in a user's name keeps the user from ending it: heads of bodies that never
  // come count as well.
  const bodiesOfTakings = newBodies();

  /** In bytes. */
  let inAll = 0;
  const ofCallers = createTally();
  const countUnderWay = (caller: string, bytes: number) => {
    inAll += bytes;
    ofCallers.add(caller, bytes);
  };
  const begin = (caller: string, bytes: number, { raw }: FastifyRequest) => {
    const most = ofCallers.of(caller) > 0 ? maximumUnderWay : 2 * maximumUnderWay;
    if (inAll + bytes > most) throw new AppError("busy", undefined, { retryAfterSeconds: 1 });
    countUnderWay(caller, bytes);
    raw.once("close", () => countUnderWay(caller, -bytes));
  };

  const payerOf = (kind: KindOfWork, request: FastifyRequest): readonly [Allowance, Sharer] => {
    const { principal } = request;
    if (principal === undefined) {
      const { caller } = new NetworkWork(addressOf(request));
      return [bodiesOfStrangers, { id: caller, tokenId: undefined }];
    }
    if (kind === "taking" && principal.kind === "session") {
      return [bodiesOfTakings, credential(principal.sessionId)];
    }
    return [bodies, userOf(principal)];
  };

  return (kind, request) => {
    const {
      service,
      headers,
      routeOptions: { bodyLimit = 0 },
    } = request;
    if (service !== undefined) return;
    const bytes = Number(headers["content-length"] ?? bodyLimit);
    // What is larger than the route reads is refused unread.
    if (!(bytes > freeBodyBytes) || bytes > bodyLimit) return;
    const [allowance, sharer] = payerOf(kind, request);
    allowance.require(sharer);
    begin(sharer.id, bytes, request);
    allowance.count(sharer, bytes / 1024);
    request.bodyReader = {
      caller: sharer.id,
      pay: (values) => {
        const more = values * kibibytesOfValue - bytes / 1024;
        if (more > 0) allowance.count(sharer, more);
      },
    };
  };
}
