import { readdir, readFile, rm } from "node:fs/promises";
import { constants, getPriority, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { classifyDriverError } from "./driver-errors.ts";
import { type SqliteThread, startSqliteThread } from "./sqlite-thread.ts";
import { createThreadPool } from "./sqlite-thread-dialect.ts";

const path = join(tmpdir(), `tessera-thread-${process.pid}.sqlite`);
afterAll(() => rm(path, { force: true }));

const start = () => startSqliteThread({ path, readOnly: false, setup: "" });
const ask = (thread: SqliteThread, statement: string) =>
  thread.run({ statements: [{ statement, parameters: [] }] });

const patientNiceness = Math.min(getPriority() + 5, constants.priority.PRIORITY_LOW);

test("statements run in the order in which they were given, also beyond one that fails", async () => {
  const thread = await start();
  const outcomes = await Promise.all([
    ask(thread, "create table if not exists counted (n unique)"),
    ask(thread, "insert into counted values (1)"),
    ask(thread, "insert into counted values (1)"),
    ask(thread, "select n from counted"),
  ]);
  expect(outcomes[1]).toMatchObject({ changes: 1n });
  const failed = outcomes[2];
  expect(classifyDriverError(failed !== undefined && "error" in failed && failed.error)).toEqual({
    kind: "unique",
    constraint: "counted_pkey",
  });
  expect(outcomes[3]).toMatchObject({ rows: [{ n: 1 }], changes: undefined });
  await thread.close();
});

test("of statements given together none runs after one that failed, whose failure is told", async () => {
  const thread = await start();
  const statements = [
    "create table if not exists together (n unique)",
    "insert into together values (1)",
    "insert into together values (1)",
    "insert into together values (2)",
  ].map((statement) => ({ statement, parameters: [] }));
  const outcome = await thread.run({ statements });
  expect(outcome).toMatchObject({ error: { message: expect.stringContaining("together.n") } });
  expect(await ask(thread, "select n from together")).toMatchObject({ rows: [{ n: 1 }] });
  await thread.close();
});

test("a file that cannot be opened is told with its cause", async () => {
  const opening = startSqliteThread({ path: tmpdir(), readOnly: false, setup: "" });
  await expect(opening).rejects.toThrow("unable to open database file");
});

test("on Linux all others go before the thread, and nobody else becomes patient", async () => {
  const before = await countPatient();
  const thread = await startSqliteThread({ path, readOnly: false, setup: "" });
  const meanwhile = await countPatient();
  await thread.close();
  expect(meanwhile - before).toBe(process.platform === "linux" ? 1 : 0);
  expect(getPriority()).not.toBe(patientNiceness);
});

/** How many threads of this process let others go first; 0 where a thread has no priority of its own. */
async function countPatient(): Promise<number> {
  if (process.platform !== "linux") return 0;
  const tasks = "/proc/self/task";
  const stats = (await readdir(tasks)).map((task) =>
    // Some end meanwhile.
    readFile(join(tasks, task, "stat"), "utf8").catch(() => ""),
  );
  // The name, in brackets, may hold spaces; nice is the 19th value and the name the second (proc_pid_stat(5)).
  const niceness = (await Promise.all(stats)).map((stat) =>
    Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[16]),
  );
  return niceness.filter((nice) => nice === patientNiceness).length;
}

test("what a thread was asked when it ends fails as unavailable, and the next who asks gets another thread", async () => {
  const pool = createThreadPool(start);
  const thread = await pool.acquire();
  const closing = thread.close();
  const asked = ask(thread, "select 1");
  pool.release(thread);
  const error = await asked.catch((reason: unknown) => reason);
  expect(classifyDriverError(error)).toEqual({ kind: "unavailable" });
  await closing;
  await expect(ask(thread, "select 1")).rejects.toThrow("has ended");
  const other = await pool.acquire();
  expect(await ask(other, "select 1 as one")).toMatchObject({ rows: [{ one: 1 }] });
  await pool.close();
});
