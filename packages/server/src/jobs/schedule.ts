import type { Deps } from "../deps.ts";
import { othersWords } from "../others-words.ts";
import { clockSkewMilliseconds } from "../store/clock-skew.ts";
import { addJobs, finishJob, type JobRow, leaseJob, listJobs, renewLease } from "./job-store.ts";

/** Work that one of the servers does now and then. */
export interface Job {
  /** Unique; as metrics and the log name it. */
  readonly name: string;
  readonly everyMilliseconds: number;
  /** Whether every server has it to do for itself; otherwise one of them does it for all. */
  readonly isPerServer?: boolean;
  /**
   * Resolves to what it did, in a few words. Throws to be tried again soon. `signal`: the server is about to stop, or has
   * lost the job to another one.
   */
  run(signal: AbortSignal): Promise<string>;
}

/** How a job did, wherever it ran last. */
export interface JobState {
  readonly name: string;
  readonly isRunning: boolean;
  /** Milliseconds since the epoch; `null`: never. */
  readonly lastStartedAt: number | null;
  readonly lastSuccessAt: number | null;
  readonly lastDurationMilliseconds: number | null;
  readonly lastResult: string | null;
  /** Of the last run, where it failed. */
  readonly lastError: string | null;
  /** Since the last success. */
  readonly failures: number;
  readonly dueAt: number;
}

export interface Schedule {
  /** Looks for due jobs from now on; what each server does for itself has begun already. */
  start(): void;
  /** Runs what is due and resolves when it has ended. */
  runDue(): Promise<void>;
  /** Of this server's jobs, as the database knows them. */
  states(): Promise<readonly JobState[]>;
  /** Tells jobs that run to end, and waits for them. */
  stop(): Promise<void>;
}

const leaseMilliseconds = 60_000;
const firstPauseMilliseconds = 5000;

/** A lease in the database lets one of all servers run each job; a job of a server that is gone passes to another. */
export async function createSchedule(
  { database, clock, newId, log }: Pick<Deps, "database" | "clock" | "newId" | "log">,
  jobs: readonly Job[],
  { lookEveryMilliseconds = 5000 } = {},
): Promise<Schedule> {
  const names = jobs.map(({ name }) => name);
  if (new Set(names).size !== names.length) throw new RangeError("two jobs have the same name");
  const me = newId();
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const lastResults = new Map<string, string>();
  const shared = jobs.filter(({ isPerServer }) => isPerServer !== true);
  const own = jobs.filter(({ isPerServer }) => isPerServer === true);
  await database.inTransaction((trx) =>
    addJobs(
      trx,
      shared.map(({ name }) => name),
      clock(),
    ),
  );
  const timers = own.map((job) =>
    setInterval(() => void track(runOwn(job)), job.everyMilliseconds).unref(),
  );

  /** Begins what is due; the runs are those that it began. */
  const beginDue = async (): Promise<readonly Promise<void>[]> => {
    const now = clock();
    const rows = new Map((await listJobs(database.read)).map((row) => [row.name, row]));
    return shared
      .filter((job) => isDue(rows.get(job.name), job, now))
      .map((job) =>
        track(
          runOnce(job).catch((error) =>
            log.error({ err: error, job: job.name }, "How a job ended could not be written down"),
          ),
        ),
      );
  };

  return {
    runDue: async () => {
      await Promise.all(await beginDue());
    },
    start: () => {
      const look = async (): Promise<void> => {
        try {
          // Not waited for: a job that takes long keeps no other from its time.
          void Promise.all(await beginDue());
        } catch (error) {
          log.error({ err: error }, "Jobs could not be looked for");
        }
        if (stopping.signal.aborted) return;
        timer = setTimeout(() => void look(), lookEveryMilliseconds).unref();
      };
      void look();
    },
    states: async () => {
      const rows = await listJobs(database.read);
      return rows.filter(({ name }) => names.includes(name)).map((row) => toState(row, clock()));
    },
    stop: async () => {
      clearTimeout(timer);
      for (const one of timers) clearInterval(one);
      stopping.abort();
      await Promise.all(running);
    },
  };

  function track(run: Promise<void>): Promise<void> {
    const tracked = run.finally(() => running.delete(tracked));
    running.add(tracked);
    return tracked;
  }

  async function runOnce(job: Job): Promise<void> {
    const startedAt = clock();
    const until = startedAt + leaseMilliseconds;
    const latest = latestTimes(job, startedAt);
    const lease = { by: me, now: startedAt, until, latest };
    if (stopping.signal.aborted) return;
    if (!(await database.inTransaction((trx) => leaseJob(trx, job.name, lease)))) return;
    const lost = new AbortController();
    const renewing = setInterval(() => void renew(job, lost), leaseMilliseconds / 3).unref();
    try {
      const result = await job.run(AbortSignal.any([stopping.signal, lost.signal]));
      await succeed(job, startedAt, result);
    } catch (error) {
      await fail(job, error as Error);
    } finally {
      clearInterval(renewing);
    }
  }

  async function runOwn(job: Job): Promise<void> {
    try {
      await job.run(stopping.signal);
    } catch (error) {
      log.error({ err: error, job: job.name }, "A job failed and will be tried again");
    }
  }

  async function renew({ name }: Job, lost: AbortController): Promise<void> {
    const until = clock() + leaseMilliseconds;
    try {
      if (await database.inTransaction((trx) => renewLease(trx, name, { by: me, until }))) return;
      lost.abort();
    } catch (error) {
      log.warn({ err: error, job: name }, "A job could not be kept");
    }
  }

  async function succeed({ name, everyMilliseconds }: Job, startedAt: number, result: string) {
    const now = clock();
    await database.inTransaction((trx) =>
      finishJob(trx, name, me, {
        due_at: startedAt + everyMilliseconds,
        last_success_at: now,
        last_duration: now - startedAt,
        last_result: result,
        last_error: null,
        failures: 0,
      }),
    );
    const done = { job: name, milliseconds: now - startedAt, result };
    // Some run every few seconds and mostly find nothing to do.
    if (lastResults.get(name) === result) log.debug(done, "job done");
    else log.info(done, "job done");
    lastResults.set(name, result);
  }

  async function fail({ name, everyMilliseconds }: Job, error: Error): Promise<void> {
    log.error({ err: error, job: name }, "A job failed and will be tried again");
    await database.inTransaction(async (trx) => {
      const failures = (await listJobs(trx)).find((row) => row.name === name)?.failures ?? 0;
      const pause = Math.min(firstPauseMilliseconds * 2 ** failures, everyMilliseconds);
      await finishJob(trx, name, me, {
        due_at: clock() + pause,
        failures: failures + 1,
        last_error: othersWords(error.message),
      });
    });
  }
}

/** Nothing is due, or leased, for longer than this: what is was written before a clock was set back. */
function latestTimes({ everyMilliseconds }: Job, now: number) {
  const latest = now + clockSkewMilliseconds;
  return { due: latest + everyMilliseconds, leasedUntil: latest + leaseMilliseconds };
}

function isDue(row: JobRow | undefined, job: Job, now: number): boolean {
  if (row === undefined) return false;
  const latest = latestTimes(job, now);
  const isLate = row.due_at <= now || row.due_at > latest.due;
  return isLate && (row.leased_until <= now || row.leased_until > latest.leasedUntil);
}

function toState(row: JobRow, now: number): JobState {
  return {
    name: row.name,
    isRunning: row.leased_until > now,
    lastStartedAt: row.last_started_at,
    lastSuccessAt: row.last_success_at,
    lastDurationMilliseconds: row.last_duration,
    lastResult: row.last_result,
    lastError: row.last_error,
    failures: row.failures,
    dueAt: row.due_at,
  };
}
