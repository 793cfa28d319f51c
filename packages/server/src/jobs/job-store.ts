import type { Trx } from "../store/database.ts";
import type { Row } from "../store/schema.ts";

export type JobRow = Row<"jobs">;

interface Lease {
  readonly by: string;
  readonly now: number;
  readonly until: number;
  readonly latest: { readonly due: number; readonly leasedUntil: number };
}

/** Makes the rows of jobs that are new, due at once. */
export async function addJobs(trx: Trx, names: readonly string[], now: number): Promise<void> {
  if (names.length === 0) return;
  await trx
    .insertInto("jobs")
    .values(names.map((name) => ({ name, due_at: now })))
    .onConflict((conflict) => conflict.column("name").doNothing())
    .execute();
}

export async function listJobs(db: Pick<Trx, "selectFrom">): Promise<readonly JobRow[]> {
  return db.selectFrom("jobs").selectAll().orderBy("name").execute();
}

/**
 * Takes the job for one process, if it is due and no other has it; tells whether it did. Whatever is later
 * than the `latest` that can be was written before a clock was set back, and counts as over.
 */
export async function leaseJob(
  trx: Trx,
  name: string,
  { by, now, until, latest }: Lease,
): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable("jobs")
    .set({ leased_by: by, leased_until: until, last_started_at: now })
    .where("name", "=", name)
    .where((eb) => eb.or([eb("due_at", "<=", now), eb("due_at", ">", latest.due)]))
    .where((eb) =>
      eb.or([eb("leased_until", "<=", now), eb("leased_until", ">", latest.leasedUntil)]),
    )
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Keeps the job for longer; `false`: another process has it meanwhile. */
export async function renewLease(
  trx: Trx,
  name: string,
  { by, until }: { readonly by: string; readonly until: number },
): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable("jobs")
    .set({ leased_until: until })
    .where("name", "=", name)
    .where("leased_by", "=", by)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Writes how it ended and lets go of it; nothing where another process has it meanwhile. */
export async function finishJob(
  trx: Trx,
  name: string,
  by: string,
  outcome: Pick<JobRow, "due_at" | "failures" | "last_error"> &
    Partial<Pick<JobRow, "last_success_at" | "last_duration" | "last_result">>,
): Promise<void> {
  await trx
    .updateTable("jobs")
    .set({ ...outcome, leased_by: null, leased_until: 0 })
    .where("name", "=", name)
    .where("leased_by", "=", by)
    .execute();
}
