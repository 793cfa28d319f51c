import type { EventType } from "@tessera/contract";
import type { Logger } from "pino";
import type { Database } from "../store/database.ts";
import { leaseOldest, postponeItem, removeItem } from "./outbox-store.ts";
import type { RecordedEvent } from "./recorded-event.ts";

/** Somebody who is told what happened, outside of the transaction that it happened in. */
export interface Target {
  /** Under it the outbox keeps what this target has not heard yet. */
  readonly name: string;
  wants(type: EventType): boolean;
  /**
   * Resolves when the event has been heard; throws to be asked again later. It may hear an event twice, by the same id,
   * after a crash. `signal` tells that it takes too long.
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

export interface DeliveryDeps {
  readonly database: Pick<Database, "inTransaction" | "skippingLocked">;
  readonly clock: () => number;
  readonly log: Pick<Logger, "warn">;
}

/**
 * Returns the work of telling every target what it has not heard yet, in order; it resolves to how many were told. What
 * fails is tried again after pauses that double, and what comes after it waits.
 */
export function createDelivery(
  { database, clock, log }: DeliveryDeps,
  targets: readonly Target[],
): () => Promise<number> {
  return async () => {
    const told = await Promise.all(targets.map(tellAll));
    return told.reduce((sum, count) => sum + count, 0);
  };

  async function tellAll(target: Target): Promise<number> {
    for (let told = 0; ; told += 1) if (!(await tellOldest(target))) return told;
  }

  async function tellOldest(target: Target): Promise<boolean> {
    const now = clock();
    const lease = { now, leasedUntil: now + leaseMilliseconds };
    const item = await leaseOldest(database, target.name, lease);
    if (item === undefined) return false;
    try {
      await target.tell(item.event, AbortSignal.timeout(tellTimeoutMilliseconds));
    } catch (error) {
      await postpone(target, item, error as Error);
      return false;
    }
    await database.inTransaction((trx) => removeItem(trx, item.seq));
    return true;
  }

  async function postpone(
    target: Target,
    { seq, attempts, event }: { seq: number; attempts: number; event: RecordedEvent },
    error: Error,
  ): Promise<void> {
    const pause = Math.min(firstPauseMilliseconds * 2 ** attempts, longestPauseMilliseconds);
    log.warn(
      { err: error, target: target.name, event: event.id, attempts: attempts + 1 },
      "An event could not be told yet",
    );
    const change = {
      attempts: attempts + 1,
      due_at: clock() + pause,
      last_error: error.message.slice(0, maximumErrorLength),
    };
    await database.inTransaction((trx) => postponeItem(trx, seq, change));
  }
}

/** The telling, as a job: soon after what happened, and again for what a server that is gone left behind. */
export function tellingJobs(deps: DeliveryDeps, targets: readonly Target[]) {
  const deliver = createDelivery(deps, targets);
  const run = async () => `${await deliver()} told`;
  return targets.length === 0
    ? []
    : [{ name: "tell", everyMilliseconds: tellEveryMilliseconds, run }];
}
