import type { Database, Trx } from "../../../store/database.ts";
import type { RowChange } from "../../../store/schema.ts";

/** A process that counts in its memory, as the database knows it. Times are milliseconds since the epoch. */
export interface Recorder {
  readonly id: string;
  /** All that it counted before is written. */
  readonly writtenUntil: number;
  /** If it has not written again by then, it is gone. */
  readonly lostAfter: number;
}

/** A time of which some uses are not counted; `uses`: how many, where that is known. */
export interface UsageGap {
  readonly from: number;
  readonly to: number;
  readonly uses: number | null;
}

/**
 * Says up to when everything is written, and what found no room. Whoever is gone with counts that were never written
 * leaves a gap from its last writing until now; the number of gaps found is returned.
 */
export async function reportWritten(
  database: Database,
  recorder: Recorder,
  now: number,
  missed: readonly UsageGap[] = [],
): Promise<number> {
  return database.inTransaction(async (trx) => {
    await keepRecorder(trx, recorder);
    for (const gap of missed) {
      await insertGap(trx, recorder.id, gap);
    }
    // On SQLite no other process can be there.
    return findGone(trx, recorder.id, now, { isAlone: database.dialect === "sqlite" });
  });
}

/** Nothing of the process is in its memory any more. */
export async function removeRecorder(database: Database, id: string): Promise<void> {
  await database.inTransaction(async (trx) => {
    await trx.deleteFrom("usage_recorders").where("id", "=", id).execute();
  });
}

/**
 * Whether the slice with that number is still to be written; then it counts as written. Without this a slice whose commit
 * was not answered would be counted twice.
 */
export async function takeSlice(trx: Trx, recorder: Recorder, number: number): Promise<boolean> {
  if ((await updateRecorder(trx, recorder.id, { slice: number }, number)) > 0n) return true;
  if (await hasRecorder(trx, recorder.id)) return false;
  await insertRecorder(trx, recorder);
  return (await updateRecorder(trx, recorder.id, { slice: number }, number)) > 0n;
}

async function keepRecorder(trx: Trx, recorder: Recorder): Promise<void> {
  const times = { written_until: recorder.writtenUntil, lost_after: recorder.lostAfter };
  if ((await updateRecorder(trx, recorder.id, times)) > 0n) return;
  await insertRecorder(trx, recorder);
}

async function updateRecorder(
  trx: Trx,
  id: string,
  change: RowChange<"usage_recorders">,
  below = Number.MAX_SAFE_INTEGER,
): Promise<bigint> {
  const { numUpdatedRows } = await trx
    .updateTable("usage_recorders")
    .set(change)
    .where("id", "=", id)
    .where("slice", "<", below)
    .executeTakeFirst();
  return numUpdatedRows;
}

async function hasRecorder(trx: Trx, id: string): Promise<boolean> {
  const found = await trx
    .selectFrom("usage_recorders")
    .select("id")
    .where("id", "=", id)
    .executeTakeFirst();
  return found !== undefined;
}

/** Of a process that was taken for gone while it stood still nothing is lost: its gap goes. */
async function insertRecorder(trx: Trx, { id, ...times }: Recorder): Promise<void> {
  const wrongGaps = await trx
    .deleteFrom("usage_gaps")
    .where("recorder_id", "=", id)
    .where("last_slice", "is not", null)
    .returning("last_slice")
    .execute();
  const slice = Math.max(0, ...wrongGaps.map(({ last_slice }) => last_slice ?? 0));
  await trx
    .insertInto("usage_recorders")
    .values({ id, slice, written_until: times.writtenUntil, lost_after: times.lostAfter })
    .execute();
}

async function findGone(
  trx: Trx,
  ownId: string,
  now: number,
  { isAlone }: { readonly isAlone: boolean },
): Promise<number> {
  let query = trx.deleteFrom("usage_recorders").where("id", "!=", ownId);
  if (!isAlone) query = query.where("lost_after", "<", now);
  const gone = await query.returning(["id", "written_until", "slice"]).execute();
  for (const { id, written_until: from, slice } of gone) {
    await insertGap(trx, id, { from, to: Math.max(now, from), uses: null }, slice);
  }
  return gone.length;
}

async function insertGap(
  trx: Trx,
  recorderId: string,
  { from, to, uses }: UsageGap,
  lastSlice: number | null = null,
): Promise<void> {
  await trx
    .insertInto("usage_gaps")
    .values({ recorder_id: recorderId, from_at: from, to_at: to, uses, last_slice: lastSlice })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
