import { randomUUID } from "node:crypto";
import { pino } from "pino";
import { afterEach, expect, test, vi } from "vitest";
import { openDatabase } from "../store/database.ts";
import { onEveryDatabase } from "../testing/on-every-database.ts";
import { openTestPostgres, openTestSqlite, type TestDatabase } from "../testing/test-databases.ts";
import { createSchedule, type Job } from "./schedule.ts";

const hour = 3_600_000;
const log = pino({ level: "silent" });
const opened: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

onEveryDatabase("a job", (kind) => {
  test("runs at once, and again only after its time", async () => {
    const { schedule, runs, clock } = await setUp(kind.open);
    await schedule.runDue();
    await schedule.runDue();
    expect(runs).toHaveLength(1);
    clock.now += hour - 1;
    await schedule.runDue();
    expect(runs).toHaveLength(1);
    clock.now += 1;
    await schedule.runDue();
    expect(runs).toHaveLength(2);
  });

  test("tells when it ran last, how long it took and what it did", async () => {
    const { schedule, clock, job } = await setUp(kind.open);
    job.run = async () => {
      clock.now += 250;
      return "3 removed";
    };
    const startedAt = clock.now;
    await schedule.runDue();
    expect(await schedule.states()).toEqual([
      {
        name: "purge",
        isRunning: false,
        lastStartedAt: startedAt,
        lastSuccessAt: startedAt + 250,
        lastDurationMilliseconds: 250,
        lastResult: "3 removed",
        lastError: null,
        failures: 0,
        dueAt: startedAt + hour,
      },
    ]);
  });

  test("that does the same as before fills no log with it", async () => {
    const { schedule, clock, job, lines } = await setUp(kind.open);
    for (const result of ["0 removed", "0 removed", "3 removed"]) {
      job.run = async () => result;
      await schedule.runDue();
      clock.now += hour;
    }
    expect(lines.map((line) => JSON.parse(line).result)).toEqual(["0 removed", "3 removed"]);
  });

  test("that throws is tried again, later each time, and says why until it succeeds", async () => {
    const { schedule, runs, clock, job } = await setUp(kind.open);
    job.run = async () => {
      runs.push("failed");
      throw new Error("the disk is full");
    };
    await schedule.runDue();
    expect(await schedule.states()).toMatchObject([
      { failures: 1, lastError: "the disk is full", lastSuccessAt: null },
    ]);
    clock.now += 5000;
    await schedule.runDue();
    clock.now += 5000;
    await schedule.runDue();
    expect(runs).toHaveLength(2);
    clock.now += 5000;
    job.run = async () => "done";
    await schedule.runDue();
    expect(await schedule.states()).toMatchObject([
      { failures: 0, lastError: null, lastSuccessAt: clock.now },
    ]);
  });

  test("of a server that is gone passes to another one when its lease is over", async () => {
    const { schedule, runs, clock, testDatabase, newSchedule } = await setUp(kind.open);
    const dead = await newSchedule(testDatabase.database, () => new Promise(() => {}));
    void dead.runDue();
    await expect.poll(async () => (await schedule.states())[0]?.isRunning).toBe(true);
    await schedule.runDue();
    expect(runs).toEqual([]);
    clock.now += 60_000;
    await schedule.runDue();
    expect(runs).toHaveLength(1);
  });

  test("that never ends keeps no other from its time", async () => {
    const testDatabase = await kind.open();
    opened.push(testDatabase);
    let ran = 0;
    const endless = {
      name: "endless",
      everyMilliseconds: hour,
      run: (signal: AbortSignal) =>
        new Promise<string>((resolve) => {
          signal.addEventListener("abort", () => resolve("stopped"));
        }),
    };
    const quick = {
      name: "quick",
      everyMilliseconds: 1,
      run: async () => {
        ran += 1;
        return "ran";
      },
    };
    const deps = { database: testDatabase.database, clock: Date.now, newId: randomUUID, log };
    const schedule = await createSchedule(deps, [endless, quick], { lookEveryMilliseconds: 5 });
    schedule.start();
    await expect.poll(() => ran).toBeGreaterThan(2);
    await schedule.stop();
  });

  test("is told when the server stops, and waited for", async () => {
    const { schedule, job } = await setUp(kind.open);
    let hasEnded = false;
    job.run = (signal) =>
      new Promise((resolve) => {
        signal.addEventListener("abort", () =>
          setImmediate(() => {
            hasEnded = true;
            resolve("stopped");
          }),
        );
      });
    const running = schedule.runDue();
    await expect.poll(async () => (await schedule.states())[0]?.isRunning).toBe(true);
    await schedule.stop();
    expect(hasEnded).toBe(true);
    await running;
  });

  test("does not begin once the server stops", async () => {
    const { schedule, runs } = await setUp(kind.open);
    await schedule.stop();
    await schedule.runDue();
    expect(runs).toEqual([]);
  });
});

test("three servers run each job once", async () => {
  const { schedule, runs, clock, testDatabase, newSchedule } = await setUp(openTestPostgres);
  const others = [];
  for (let count = 0; count < 2; count += 1) {
    const database = await openDatabase(testDatabase.options);
    opened.push(database);
    others.push(await newSchedule(database, async () => String(runs.push("ran"))));
  }
  for (let round = 1; round <= 10; round += 1) {
    await Promise.all([schedule, ...others].map((one) => one.runDue()));
    expect(runs).toHaveLength(round);
    clock.now += hour;
  }
});

test("two jobs of one name are refused, and none of them has begun", async () => {
  const testDatabase = await openTestPostgres();
  opened.push(testDatabase);
  const job = { name: "twin", everyMilliseconds: hour, isPerServer: true, run: async () => "" };
  const deps = { database: testDatabase.database, clock: Date.now, newId: randomUUID, log };
  vi.useFakeTimers();
  try {
    await expect(createSchedule(deps, [job, job])).rejects.toThrow("same name");
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

test("what each server does for itself does not begin where the shared jobs cannot be noted", async () => {
  const job = { name: "own", everyMilliseconds: hour, isPerServer: true, run: async () => "" };
  const testDatabase = await openTestSqlite();
  await testDatabase.close();
  const deps = { database: testDatabase.database, clock: Date.now, newId: randomUUID, log };
  vi.useFakeTimers();
  try {
    await expect(
      createSchedule(deps, [job, { ...job, name: "shared", isPerServer: false }]),
    ).rejects.toThrow();
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

async function setUp(open: () => Promise<TestDatabase>) {
  const testDatabase = await open();
  opened.push(testDatabase);
  const clock = { now: 1_000_000 };
  const runs: string[] = [];
  const lines: string[] = [];
  const told = pino({ level: "info" }, { write: (line: string) => void lines.push(line) });
  const job = {
    name: "purge",
    everyMilliseconds: hour,
    run: async (_signal: AbortSignal): Promise<string> => {
      runs.push("ran");
      return "ran";
    },
  };
  const newSchedule = (database: TestDatabase["database"], run: Job["run"]) =>
    createSchedule({ database, clock: () => clock.now, newId: randomUUID, log: told }, [
      { ...job, run },
    ]);
  const schedule = await newSchedule(testDatabase.database, (signal) => job.run(signal));
  return { schedule, runs, clock, job, lines, testDatabase, newSchedule };
}
