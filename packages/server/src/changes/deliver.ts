import type { EventType } from "@tessera/contract";
import type { Logger } from "pino";
import { othersWords } from "../others-words.ts";
import { clockSkewMilliseconds } from "../store/clock-skew.ts";
import type { Database } from "../store/database.ts";
import {
  attemptsFor,
  countBacklogs,
  findSettledEnd,
  leaseNext,
  type OutboxItem,
  type OutboxKeeping,
  postponeItem,
  removeItem,
  removeOldItems,
} from "./outbox-store.ts";
import type { RecordedEvent } from "./recorded-event.ts";

/** Somebody who is told what happened, outside of the transaction that it happened in. */
export interface OutboxTarget extends OutboxKeeping {
  /** Under it the outbox keeps what this target has not heard yet. */
  readonly name: string;
  wants(type: EventType): boolean;
  /**
   * Resolves when the event has been heard; throws to be asked again later, some twenty hours long or as often as it says,
   * and a {@link RefusedError} where only this event is in question. It may hear an event twice, by the same id, after a
   * crash. `signal` tells that it takes too long; `attempt` is 1 the first time.
   */
  tell(event: RecordedEvent, signal: AbortSignal, attempt: number): Promise<void>;
  /** Is told, at least once, that an event is given up. */
  gaveUp?(event: RecordedEvent): Promise<void>;
}

/** The target, or the way to it, is at fault: the message is all there is to say, and nothing of it is the target's words. */
export class TargetError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "TargetError";
  }
}

/** The target answers, and does not take this event: others may go well. `isForGood`: it is given up at once. */
export class RefusedError extends TargetError {
  readonly isForGood: boolean;

  constructor(message: string, { isForGood }: { readonly isForGood: boolean }) {
    super(message);
    this.name = "RefusedError";
    this.isForGood = isForGood;
  }
}

const tellTimeoutMilliseconds = 30_000;
/** Longer than an attempt may take: only what a server that is gone left behind is tried by another one. */
const leaseMilliseconds = 2 * tellTimeoutMilliseconds;
const tellEveryMilliseconds = 5000;
/** What comes meanwhile has its turn soon, however long a run takes. */
const lookEveryMilliseconds = 5000;
/** Of a target that hears each event for itself: then it is the target that does not answer, and not about the events. */
const maximumFailuresInARow = 3;
const firstPauseMilliseconds = 1000;
const longestPauseMilliseconds = 3_600_000;
const keptMilliseconds = 30 * 86_400_000;

export interface DeliveryDeps {
  readonly database: Pick<
    Database,
    "read" | "lists" | "inTransaction" | "skippingLocked" | "waitForWriters"
  >;
  readonly clock: () => number;
  readonly log: Pick<Logger, "warn" | "error">;
}

const neverAborted = new AbortController().signal;

/**
 * Returns the work of telling every target what it has not heard yet; it resolves to how many were told, also when its
 * signal ends it: what was being told then is told again later. What fails is
 * tried again after pauses that double. What comes after it waits, for a target that hears in order, until it is given up;
 * others hear first what was tried least.
 */
export function createDelivery(
  { database, clock, log }: DeliveryDeps,
  targets: readonly OutboxTarget[],
): (signal?: AbortSignal) => Promise<number> {
  return async (signal = neverAborted) => {
    const told = await Promise.all(targets.map((target) => tellAll(target, signal)));
    return told.reduce((sum, count) => sum + count, 0);
  };

  async function tellAll(target: OutboxTarget, signal: AbortSignal): Promise<number> {
    const mostFailures = target.isInOrder === false ? maximumFailuresInARow : 1;
    let told = 0;
    let lookedAt = Number.NEGATIVE_INFINITY;
    let settledEnd: number | undefined;
    for (let failures = 0; failures < mostFailures && !signal.aborted; ) {
      if (Math.abs(clock() - lookedAt) >= lookEveryMilliseconds) {
        lookedAt = clock();
        settledEnd = await findSettledEnd(database);
      }
      if (settledEnd === undefined) return told;
      const outcome = await tellNext(target, settledEnd, signal);
      if (outcome === "nothing") return told;
      if (outcome === "told") told += 1;
      if (outcome === "told" || outcome === "refused") failures = 0;
      if (outcome === "postponed") failures += 1;
    }
    return told;
  }

  async function tellNext(
    target: OutboxTarget,
    settledEnd: number,
    signal: AbortSignal,
  ): Promise<"told" | "refused" | "given_up" | "postponed" | "nothing"> {
    const now = clock();
    const leasedUntil = now + leaseMilliseconds;
    const latest = {
      due: now + longestPauseMilliseconds + clockSkewMilliseconds,
      leasedUntil: leasedUntil + clockSkewMilliseconds,
    };
    const lease = { now, leasedUntil, latest, settledEnd };
    const item = await leaseNext(database, target, lease);
    if (item === undefined) return "nothing";
    try {
      const timeout = AbortSignal.timeout(tellTimeoutMilliseconds);
      await target.tell(item.event, AbortSignal.any([timeout, signal]), item.attempts);
    } catch (error) {
      const refusal = error instanceof RefusedError ? error : undefined;
      const isLast = refusal?.isForGood === true || item.attempts >= attemptsFor(target);
      await (isLast ? giveUp : postpone)(target, item, error as Error);
      if (isLast) return "given_up";
      return refusal !== undefined && target.isInOrder === false ? "refused" : "postponed";
    }
    await database.inTransaction((trx) => removeItem(trx, item.seq));
    return "told";
  }

  async function postpone(target: OutboxTarget, item: OutboxItem, error: Error): Promise<void> {
    const { seq, attempts } = item;
    const pause = Math.min(firstPauseMilliseconds * 2 ** (attempts - 1), longestPauseMilliseconds);
    log.warn(aboutFailure(target, item, error), "An event could not be told yet");
    const last_error = othersWords(error.message);
    const change = { attempts, due_at: clock() + pause, last_error };
    await database.inTransaction((trx) => postponeItem(trx, seq, change));
  }

  async function giveUp(target: OutboxTarget, item: OutboxItem, error: Error): Promise<void> {
    const about = aboutFailure(target, item, error);
    if (error instanceof RefusedError) log.warn(about, "An event was refused and is given up");
    else log.error(about, "An event could not be told and is given up");
    await sayGivenUp(target, item.event);
    // As often as anything is tried: nobody tries it any more.
    const attempts = Math.max(item.attempts, attemptsFor(target));
    const change = { attempts, due_at: clock(), last_error: othersWords(error.message) };
    await database.inTransaction((trx) => postponeItem(trx, item.seq, change));
  }

  async function sayGivenUp(target: OutboxTarget, event: RecordedEvent): Promise<void> {
    try {
      await target.gaveUp?.(event);
    } catch (error) {
      const about = { err: error, target: target.name, event: event.id };
      log.error(about, "That an event is given up could not be told");
    }
  }
}

function aboutFailure({ name }: OutboxTarget, { attempts, event }: OutboxItem, error: Error) {
  // Where in this program a target's fault was noticed tells nobody anything.
  const what = error instanceof TargetError ? { reason: error.message } : { err: error };
  return { ...what, target: name, event: event.id, attempts };
}

/**
 * The telling, as a job for each target, so that none waits for a slow one: soon after what happened, and again for what
 * a server that is gone left behind.
 */
export function tellingJobs(deps: DeliveryDeps, targets: readonly OutboxTarget[]) {
  return targets.map((target) => {
    const deliver = createDelivery(deps, [target]);
    const run = async (signal?: AbortSignal) => {
      const told = await deliver(signal);
      const [rest] = await countBacklogs(deps.database, [target], deps.clock());
      return `${told} told; ${rest?.waiting ?? 0} waiting, ${rest?.givenUp ?? 0} given up`;
    };
    return { name: `tell_${target.name}`, everyMilliseconds: tellEveryMilliseconds, run };
  });
}

/** Removes what nobody was told for 30 days: it was given up, or its target is not among a server's targets any more. */
export function clearOutboxJob({
  database,
  clock,
  log,
}: Pick<DeliveryDeps, "clock" | "log"> & { readonly database: Pick<Database, "inTransaction"> }) {
  const run = async (signal: AbortSignal) => {
    let removed = 0;
    for (let count = 1; count > 0 && !signal.aborted; removed += count) {
      const now = clock();
      count = await database.inTransaction((trx) =>
        removeOldItems(trx, { before: now - keptMilliseconds, now }),
      );
    }
    if (removed > 0) log.warn({ removed }, "Events were removed that could not be told for long");
    return `${removed} removed`;
  };
  return { name: "clear_outbox", everyMilliseconds: 24 * 3_600_000, run };
}
