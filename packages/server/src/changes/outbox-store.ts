import type { Database, Trx } from "../store/database.ts";
import { forEachChunk } from "../store/row-chunks.ts";
import type { RecordedEvent } from "./recorded-event.ts";

/** An event that one target is to be told. */
export interface OutboxItem {
  readonly seq: number;
  readonly event: RecordedEvent;
  /** Earlier ones, all in vain. */
  readonly attempts: number;
}

export async function insertOutboxItems(
  trx: Trx,
  items: readonly { readonly target: string; readonly event: RecordedEvent }[],
): Promise<void> {
  await forEachChunk(items, async (chunk) => {
    await trx
      .insertInto("outbox")
      .values(
        chunk.map(({ target, event }) => ({
          target,
          event: JSON.stringify(event),
          due_at: event.at,
        })),
      )
      .execute();
  });
}

/**
 * Takes the oldest item of a target for itself until `leasedUntil`, if it is due and nobody else is at it. Never a later
 * one: a target hears in order.
 */
export async function leaseOldest(
  database: Pick<Database, "inTransaction" | "skippingLocked">,
  target: string,
  { now, leasedUntil }: { readonly now: number; readonly leasedUntil: number },
): Promise<OutboxItem | undefined> {
  return database.inTransaction(async (trx) => {
    const oldest = trx
      .selectFrom("outbox")
      .select(({ fn }) => fn.min("seq").as("seq"))
      .where("target", "=", target);
    const ofTarget = trx
      .selectFrom("outbox")
      .select(["seq", "event", "attempts"])
      .where("seq", "=", oldest)
      .where("due_at", "<=", now)
      .where("leased_until", "<=", now);
    const found = await ofTarget.modifyEnd(database.skippingLocked).executeTakeFirst();
    if (found === undefined) return undefined;
    const { seq, event, attempts } = found;
    await trx
      .updateTable("outbox")
      .set({ leased_until: leasedUntil })
      .where("seq", "=", seq)
      .execute();
    return { seq, event: JSON.parse(event), attempts };
  });
}

export async function removeItem(trx: Trx, seq: number): Promise<void> {
  await trx.deleteFrom("outbox").where("seq", "=", seq).execute();
}

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
