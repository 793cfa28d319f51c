import type { EventType } from "@tessera/contract";
import type { Logger } from "pino";
import type { Database } from "../store/database.ts";
import {
  countBacklogs,
  findSettledEnd,
  leaseOldest,
  maximumAttempts,
  type OutboxItem,
  postponeItem,
  removeItem,
  removeOldItems,
} from "./outbox-store.ts";
import type { RecordedEvent } from "./recorded-event.ts";

/** Somebody who is told what happened, outside of the transaction that it happened in. */
export interface OutboxTarget {
  /** Under it the outbox keeps what this target has not heard yet. */
  readonly name: string;
  wants(type: EventType): boolean;
  /**
   * Resolves when the event has been heard; throws to be asked again later, some twenty hours long. It may hear an event
   * twice, by the same id, after a crash. `signal` tells that it takes too long.
   */
  tell(event: RecordedEvent, signal: AbortSignal): Promise<void>;
}

const tellTimeoutMilliseconds = 30_000;
/** Longer than an attempt may take: only what a server that is gone left behind is tried by another one. */
const leaseMilliseconds = 2 * tellTimeoutMilliseconds;
const tellEveryMilliseconds = 5000;
const firstPauseMilliseconds = 1000;
const longestPauseMilliseconds = 3_600_000;
const maximumErrorLength = 500;
const keptMilliseconds = 30 * 86_400_000;

export interface DeliveryDeps {
  readonly database: Pick<
    Database,
    "read" | "lists" | "inTransaction" | "skippingLocked" | "waitForWriters"
  >;
  readonly clock: () => number;
  readonly log: Pick<Logger, "warn" | "error">;
}

/**
 * Returns the work of telling every target what it has not heard yet, in order; it resolves to how many were told. What
 * fails is tried again after pauses that double, and what comes after it waits, until it is given up.
 */
export function createDelivery(
  { database, clock, log }: DeliveryDeps,
  targets: readonly OutboxTarget[],
): () => Promise<number> {
  return async () => {
    const settledEnd = await findSettledEnd(database);
    if (settledEnd === undefined) return 0;
    const told = await Promise.all(targets.map((target) => tellAll(target, settledEnd)));
    return told.reduce((sum, count) => sum + count, 0);
  };

  async function tellAll(target: OutboxTarget, settledEnd: number): Promise<number> {
    for (let told = 0; ; ) {
      const outcome = await tellOldest(target, settledEnd);
      if (outcome === "told") told += 1;
      else if (outcome !== "given_up") return told;
    }
  }

  async function tellOldest(
    target: OutboxTarget,
    settledEnd: number,
  ): Promise<"told" | "given_up" | "waits"> {
    const now = clock();
    const lease = { now, leasedUntil: now + leaseMilliseconds, settledEnd };
    const item = await leaseOldest(database, target.name, lease);
    if (item === undefined) return "waits";
    try {
      await target.tell(item.event, AbortSignal.timeout(tellTimeoutMilliseconds));
    } catch (error) {
      await postpone(target, item, error as Error);
      return item.attempts < maximumAttempts ? "waits" : "given_up";
    }
    await database.inTransaction((trx) => removeItem(trx, item.seq));
    return "told";
  }

  async function postpone(
    target: OutboxTarget,
    { seq, attempts, event }: OutboxItem,
    error: Error,
  ): Promise<void> {
    const pause = Math.min(firstPauseMilliseconds * 2 ** (attempts - 1), longestPauseMilliseconds);
    const about = { err: error, target: target.name, event: event.id, attempts };
    if (attempts < maximumAttempts) log.warn(about, "An event could not be told yet");
    else log.error(about, "An event could not be told and is given up");
    const change = {
      due_at: clock() + pause,
      last_error: error.message.slice(0, maximumErrorLength),
    };
    await database.inTransaction((trx) => postponeItem(trx, seq, change));
  }
}

/** The telling, as a job: soon after what happened, and again for what a server that is gone left behind. */
export function tellingJobs(deps: DeliveryDeps, targets: readonly OutboxTarget[]) {
  const deliver = createDelivery(deps, targets);
  const run = async () => {
    const told = await deliver();
    const names = targets.map(({ name }) => name);
    const backlogs = await countBacklogs(deps.database, names, deps.clock());
    const rest = backlogs.map(
      ({ target, waiting, givenUp }) => `; ${target}: ${waiting} waiting, ${givenUp} given up`,
    );
    return `${told} told${rest.join("")}`;
  };
  return targets.length === 0
    ? []
    : [{ name: "tell", everyMilliseconds: tellEveryMilliseconds, run }];
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
