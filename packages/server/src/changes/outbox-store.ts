import { type ExpressionBuilder, sql } from "kysely";
import type { Database, Trx } from "../store/database.ts";
import { insertRows } from "../store/insert-rows.ts";
import { forEachChunk } from "../store/row-chunks.ts";
import type { Schema } from "../store/schema.ts";
import type { RecordedEvent } from "./recorded-event.ts";

/** An event that one target is to be told. */
export interface OutboxItem {
  readonly seq: number;
  readonly event: RecordedEvent;
  /** With the one that this lease is for. */
  readonly attempts: number;
}

/** How the outbox keeps events for a target. */
export interface OutboxKeeping {
  readonly name: string;
  /** `false`: each event is told for itself, and none waits for what could not be told before it. */
  readonly isInOrder?: boolean;
  /** How often an event is tried before it is given up; {@link maximumAttempts} when not said. */
  readonly maximumAttempts?: number;
}

/** What the outbox keeps for a target. */
export interface Backlog {
  readonly target: string;
  readonly waiting: number;
  /** Tried as often as anything is, and in vain. */
  readonly givenUp: number;
}

/** Some twenty hours, with pauses that double up to an hour. */
export const maximumAttempts = 32;

export function attemptsFor({ maximumAttempts: own = maximumAttempts }: OutboxKeeping): number {
  return own;
}

/** More than that is counted as that: counting is to take no longer than telling. */
const maximumCounted = 10_000;
const removedAtOnce = 1000;

export async function insertOutboxItems(
  trx: Trx,
  items: readonly { readonly target: string; readonly event: RecordedEvent }[],
): Promise<void> {
  await forEachChunk(items, async (chunk) => {
    const rows = chunk.map(({ target, event }) => ({
      target,
      event: JSON.stringify(event),
      due_at: event.at,
    }));
    await insertRows(trx, "outbox", rows);
  });
}

/**
 * The number up to which nothing can come any more: a change takes the numbers of its items before it commits, so that
 * one that commits later may have smaller ones. `undefined`: there is nothing at all.
 */
export async function findSettledEnd(
  database: Pick<Database, "read" | "inTransaction" | "waitForWriters">,
): Promise<number | undefined> {
  const any = await database.read.selectFrom("outbox").select("seq").limit(1).executeTakeFirst();
  if (any === undefined) return undefined;
  return database.inTransaction(async (trx) => {
    await database.waitForWriters(trx, "outbox");
    const { last } = await trx
      .selectFrom("outbox")
      .select(({ fn }) => fn.max<number | null>("seq").as("last"))
      .executeTakeFirstOrThrow();
    return last ?? undefined;
  });
}

interface Lease {
  readonly now: number;
  readonly leasedUntil: number;
  readonly latest: { readonly due: number; readonly leasedUntil: number };
  readonly settledEnd: number;
}

/**
 * Takes an item of a target that was not given up for itself until `leasedUntil`, if it is due and nobody else is at it:
 * the oldest of a target that hears in order and never a later one; of others what was tried least, the oldest of these.
 */
export async function leaseNext(
  database: Pick<Database, "inTransaction" | "skippingLocked">,
  target: OutboxKeeping,
  { now, leasedUntil, latest, settledEnd }: Lease,
): Promise<OutboxItem | undefined> {
  return database.inTransaction(async (trx) => {
    // What is later than anything can be was written before a clock was set back.
    const isFree = (eb: ExpressionBuilder<Schema, "outbox">) =>
      eb.and([
        eb("seq", "<=", settledEnd),
        eb.or([eb("due_at", "<=", now), eb("due_at", ">", latest.due)]),
        eb.or([eb("leased_until", "<=", now), eb("leased_until", ">", latest.leasedUntil)]),
      ]);
    const kept = trx
      .selectFrom("outbox")
      .where("target", "=", target.name)
      .where((eb) => eb.not(isGivenUp(eb, target, now)));
    const next =
      target.isInOrder === false
        ? kept.select("seq").where(isFree).orderBy("attempts").orderBy("seq").limit(1)
        : kept.select("seq").orderBy("seq").limit(1);
    const ofTarget = trx
      .selectFrom("outbox")
      .select(["seq", "event", "attempts"])
      .where("seq", "=", next)
      .where(isFree);
    const found = await ofTarget.modifyEnd(database.skippingLocked).executeTakeFirst();
    if (found === undefined) return undefined;
    const { seq, event } = found;
    // Counted as it begins: an event that ends the process is given up like any other.
    const attempts = found.attempts + 1;
    await trx
      .updateTable("outbox")
      .set({ leased_until: leasedUntil, attempts })
      .where("seq", "=", seq)
      .execute();
    return { seq, event: JSON.parse(event), attempts };
  });
}

export async function removeItem(trx: Trx, seq: number): Promise<void> {
  await trx.deleteFrom("outbox").where("seq", "=", seq).execute();
}

/** Lets go of an item after an attempt in vain; with as many attempts as there may be it is given up. */
export async function postponeItem(
  trx: Trx,
  seq: number,
  change: { readonly attempts: number; readonly due_at: number; readonly last_error: string },
): Promise<void> {
  await trx
    .updateTable("outbox")
    .set({ ...change, leased_until: 0 })
    .where("seq", "=", seq)
    .execute();
}

/** What is kept for each of the targets; never more than {@link maximumCounted} are counted. */
export async function countBacklogs(
  database: Pick<Database, "lists">,
  targets: readonly OutboxKeeping[],
  now: number,
): Promise<readonly Backlog[]> {
  const backlogs: Backlog[] = [];
  for (const target of targets) {
    const first = database.lists
      .selectFrom("outbox")
      .where("target", "=", target.name)
      .orderBy("seq")
      .limit(maximumCounted);
    const { all, givenUp } = await database.lists
      .selectFrom(
        first
          .select((eb) =>
            sql<number>`case when ${isGivenUp(eb, target, now)} then 1 else 0 end`.as("ended"),
          )
          .as("kept"),
      )
      .select(({ fn }) => [
        fn.countAll<number>().as("all"),
        fn.coalesce(fn.sum<number>("ended"), sql<number>`0`).as("givenUp"),
      ])
      .executeTakeFirstOrThrow();
    backlogs.push({ target: target.name, waiting: all - givenUp, givenUp });
  }
  return backlogs;
}

/** Removes some of what was neither told nor tried since `before`; returns how many, 0 at the end. */
export async function removeOldItems(
  trx: Trx,
  { before, now }: Record<"before" | "now", number>,
): Promise<number> {
  const old = trx
    .selectFrom("outbox")
    .select("seq")
    .where("due_at", "<", before)
    .where("leased_until", "<=", now)
    .limit(removedAtOnce);
  const { numDeletedRows } = await trx
    .deleteFrom("outbox")
    .where("seq", "in", old)
    .executeTakeFirst();
  return Number(numDeletedRows);
}

/** The last attempt has ended, or nobody is left who could end it. */
function isGivenUp(eb: ExpressionBuilder<Schema, "outbox">, target: OutboxKeeping, now: number) {
  const most = attemptsFor(target);
  return eb.and([eb("attempts", ">=", most), eb("leased_until", "<=", now)]);
}
