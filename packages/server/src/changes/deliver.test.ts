import { sql } from "kysely";
import { pino } from "pino";
import { afterEach, expect, test } from "vitest";
import { systemActor } from "../access/actor.ts";
import { type Database, openDatabase } from "../store/database.ts";
import { onEveryDatabase } from "../testing/on-every-database.ts";
import { openTestPostgres, type TestDatabase } from "../testing/test-databases.ts";
import { openTestHub } from "../testing/test-hub.ts";
import {
  clearOutboxJob,
  createDelivery,
  type OutboxTarget,
  RefusedError,
  tellingJobs,
} from "./deliver.ts";
import { countBacklogs, insertOutboxItems, maximumAttempts } from "./outbox-store.ts";
import type { RecordedEvent } from "./recorded-event.ts";

const silentLog = pino({ level: "silent" });
const hour = 3_600_000;
const opened: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

onEveryDatabase("what happened", (kind) => {
  test("is told once, in order, to whoever wants to hear of it, and to nobody else", async () => {
    const { change, deliver, heard } = await setUp(kind.open);
    await change("users.purge", ["a", "b"]);
    await change("sessions.reuse_detected", ["c"]);
    await change("users.purge", ["d"]);
    expect(await deliver()).toBe(3);
    expect(heard).toEqual(["a", "b", "d"]);
    expect(await deliver()).toBe(0);
  });

  test("is told to nobody when the change does not commit", async () => {
    const { hub, deliver, heard, database } = await setUp(kind.open);
    const change = hub.change(systemActor, async ({ record }) => {
      record({ name: "users.purge", entityId: "a" });
      throw new Error("changed its mind");
    });
    await expect(change).rejects.toThrow("changed its mind");
    expect(await deliver()).toBe(0);
    expect(heard).toEqual([]);
    expect(await database.read.selectFrom("audit_events").selectAll().execute()).toEqual([]);
  });

  test("is kept and told as one and the same event", async () => {
    const { change, deliver, events, database } = await setUp(kind.open);
    await change("users.purge", ["a"]);
    await deliver();
    const [kept] = await database.read.selectFrom("audit_events").selectAll().execute();
    expect(events).toMatchObject([{ id: kept?.id, name: kept?.action, at: kept?.at }]);
  });

  test("waits no day for a clock that was set back by one", async () => {
    const { change, deliver, heard, fail, clock } = await setUp(kind.open);
    clock.now += 24 * hour;
    await change("users.purge", ["a"]);
    fail.times = 1;
    await deliver();
    clock.now -= 24 * hour;
    await deliver();
    expect(heard.at(-1)).toBe("a");
  });

  test("is told again after pauses that double, and nothing overtakes it", async () => {
    const { change, deliver, heard, fail, clock } = await setUp(kind.open);
    await change("users.purge", ["a", "b"]);
    fail.times = 2;
    expect(await deliver()).toBe(0);
    clock.now += 999;
    expect(await deliver()).toBe(0);
    expect(fail.times).toBe(1);
    clock.now += 1;
    expect(await deliver()).toBe(0);
    clock.now += 1999;
    expect(await deliver()).toBe(0);
    clock.now += 1;
    expect(await deliver()).toBe(2);
    expect(heard).toEqual(["a", "b"]);
  });

  test("is told again after a crash between telling and noting it", async () => {
    const { change, deliver, heard, clock, database, log } = await setUp(kind.open);
    await change("users.purge", ["a", "b"]);
    const crashing = createDelivery({ database, clock: () => clock.now, log }, [
      { ...target, tell: () => new Promise(() => {}) },
    ]);
    void crashing();
    await expect.poll(() => leases(database)).toBe(1);
    expect(await deliver()).toBe(0);
    clock.now += 60_000;
    expect(await deliver()).toBe(2);
    expect(heard).toEqual(["a", "b"]);
  });

  test("is given up after 32 attempts, kept, and what came after it is told", async () => {
    const { change, deliver, heard, fail, clock, backlog } = await setUp(kind.open);
    await change("users.purge", ["poisoned", "b"]);
    fail.only = "poisoned";
    fail.times = Number.POSITIVE_INFINITY;
    for (let attempt = 1; attempt < maximumAttempts; attempt += 1) {
      expect(await deliver()).toBe(0);
      clock.now += hour;
    }
    expect(await backlog()).toEqual([{ target: "mail", waiting: 2, givenUp: 0 }]);
    expect(await deliver()).toBe(1);
    expect(heard).toEqual(["b"]);
    expect(await backlog()).toEqual([{ target: "mail", waiting: 0, givenUp: 1 }]);
    clock.now += 365 * 24 * hour;
    await change("users.purge", ["c"]);
    expect(await deliver()).toBe(1);
    expect(heard).toEqual(["b", "c"]);
  });

  test("that ends the server each time is given up as well", async () => {
    const { change, deliver, heard, clock, backlog, database, log } = await setUp(kind.open);
    await change("users.purge", ["deadly", "b"]);
    const crashing = createDelivery({ database, clock: () => clock.now, log }, [
      { ...target, tell: () => new Promise(() => {}) },
    ]);
    for (let attempt = 1; attempt <= maximumAttempts; attempt += 1) {
      void crashing();
      await expect.poll(() => attempts(database)).toBe(attempt);
      if (attempt === maximumAttempts) expect(await deliver()).toBe(0);
      clock.now += 60_000;
    }
    expect(await backlog()).toEqual([{ target: "mail", waiting: 1, givenUp: 1 }]);
    expect(await deliver()).toBe(1);
    expect(heard).toEqual(["b"]);
  });

  test("is kept for 30 days where it cannot be told, and what may still be told longer", async () => {
    const { change, clock, backlog, database, log } = await setUp(kind.open, ["mail", "gone"]);
    const clear = clearOutboxJob({ database, clock: () => clock.now, log });
    const { signal } = new AbortController();
    await change("users.purge", ["a"]);
    clock.now += 30 * 24 * hour;
    expect(await clear.run(signal)).toBe("0 removed");
    const failing = createDelivery({ database, clock: () => clock.now, log }, [
      { ...target, tell: () => Promise.reject(new Error("no mail")) },
    ]);
    await failing();
    clock.now += 1;
    expect(await clear.run(signal)).toBe("1 removed");
    expect(await backlog()).toEqual([
      { target: "mail", waiting: 1, givenUp: 0 },
      { target: "gone", waiting: 0, givenUp: 0 },
    ]);
    expect(await clear.run(AbortSignal.abort())).toBe("0 removed");
  });

  test("is told by a job for each target, which says what is left", async () => {
    const { change, database, clock, log } = await setUp(kind.open, ["mail", "hooks"]);
    await change("users.purge", ["a", "b"]);
    const jobs = tellingJobs({ database, clock: () => clock.now, log }, [
      { ...target, name: "mail", tell: () => Promise.reject(new Error("no mail")) },
      { ...target, name: "hooks", tell: async () => {} },
    ]);
    expect(await Promise.all(jobs.map(async ({ name, run }) => [name, await run()]))).toEqual([
      ["tell_mail", "0 told; 2 waiting, 0 given up"],
      ["tell_hooks", "2 told; 0 waiting, 0 given up"],
    ]);
  });

  test("keeps nothing else waiting where each is told for itself, and is given up alone", async () => {
    const { change, database, clock, log } = await setUp(kind.open);
    await change("users.purge", ["refused", "b", "c"]);
    const heard: string[] = [];
    const own = { ...target, isInOrder: false, maximumAttempts: 2 };
    const deliver = createDelivery({ database, clock: () => clock.now, log }, [
      {
        ...own,
        tell: async ({ entityId }) => {
          if (entityId === "refused") throw new Error("no such mailbox");
          heard.push(entityId);
        },
      },
    ]);
    expect(await deliver()).toBe(2);
    expect(heard).toEqual(["b", "c"]);
    expect(await countBacklogs(database, [own], clock.now)).toMatchObject([{ waiting: 1 }]);
    clock.now += 1000;
    await change("users.purge", ["d"]);
    expect(await deliver()).toBe(1);
    expect(heard).toEqual(["b", "c", "d"]);
    expect(await countBacklogs(database, [own], clock.now)).toEqual([
      { target: "mail", waiting: 0, givenUp: 1 },
    ]);
  });

  test("keeps nothing else waiting while it is refused, however much is", async () => {
    const { change, database, clock, log } = await setUp(kind.open);
    await change("users.purge", ["no 1", "no 2", "no 3", "no 4", "no 5", "a"]);
    const heard: string[] = [];
    const refusing: OutboxTarget = {
      ...target,
      isInOrder: false,
      tell: async ({ entityId }) => {
        if (entityId.startsWith("no")) throw new RefusedError("not now", { isForGood: false });
        heard.push(entityId);
      },
    };
    const deliver = createDelivery({ database, clock: () => clock.now, log }, [refusing]);
    expect(await deliver()).toBe(1);
    expect(heard).toEqual(["a"]);
    expect(await countBacklogs(database, [refusing], clock.now)).toMatchObject([
      { waiting: 5, givenUp: 0 },
    ]);
  });

  test.each([true, false])(
    "is given up at once where it is refused for good, and said to be so once; in order: %s",
    async (isInOrder) => {
      const { change, database, clock, log } = await setUp(kind.open);
      await change("users.purge", ["refused", "b"]);
      const told: string[] = [];
      const refusing: OutboxTarget = {
        ...target,
        isInOrder,
        tell: async ({ entityId }) => {
          told.push(entityId);
          if (entityId === "refused") throw new RefusedError("never", { isForGood: true });
        },
        gaveUp: async ({ entityId }) => void told.push(`gave up ${entityId}`),
      };
      const deliver = createDelivery({ database, clock: () => clock.now, log }, [refusing]);
      expect(await deliver()).toBe(1);
      clock.now += hour;
      expect(await deliver()).toBe(0);
      expect(told).toEqual(["refused", "gave up refused", "b"]);
      expect(await countBacklogs(database, [refusing], clock.now)).toMatchObject([
        { waiting: 0, givenUp: 1 },
      ]);
    },
  );

  test("that was never tried is told before what failed, where each is told for itself", async () => {
    const { change, database, clock, log } = await setUp(kind.open);
    await change("users.purge", ["a", "b", "c"]);
    const tried: string[] = [];
    let isAway = true;
    const deliver = createDelivery({ database, clock: () => clock.now, log }, [
      {
        ...target,
        isInOrder: false,
        tell: async ({ entityId }) => {
          tried.push(entityId);
          if (isAway) throw new Error("nobody answers");
        },
      },
    ]);
    expect(await deliver()).toBe(0);
    clock.now += 1000;
    await change("users.purge", ["d"]);
    isAway = false;
    expect(await deliver()).toBe(4);
    expect(tried).toEqual(["a", "b", "c", "d", "a", "b", "c"]);
  });

  test("has its turn in a long telling that began before it", async () => {
    const { change, database, clock, log } = await setUp(kind.open);
    await change("users.purge", ["a", "b"]);
    const heard: string[] = [];
    const deliver = createDelivery({ database, clock: () => clock.now, log }, [
      {
        ...target,
        tell: async ({ entityId }) => {
          heard.push(entityId);
          if (entityId === "a") await change("users.purge", ["c"]);
          clock.now += 5000;
        },
      },
    ]);
    expect(await deliver()).toBe(3);
    expect(heard).toEqual(["a", "b", "c"]);
  });

  test("keeps no server from stopping: what is being told then is told again", async () => {
    const { change, database, deliver, heard, clock, log } = await setUp(kind.open);
    await change("users.purge", ["a", "b"]);
    const begun = Promise.withResolvers<void>();
    const slow = createDelivery({ database, clock: () => clock.now, log }, [
      {
        ...target,
        tell: (_event, signal) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener("abort", () => reject(new Error("cut off")));
            begun.resolve();
          }),
      },
    ]);
    const stopping = new AbortController();
    const telling = slow(stopping.signal);
    await begun.promise;
    stopping.abort();
    expect(await telling).toBe(0);
    clock.now += 1000;
    expect(await deliver()).toBe(2);
    expect(heard).toEqual(["a", "b"]);
  });

  test("is left for the next time where its target answers to nothing", async () => {
    const { change, database, clock, log } = await setUp(kind.open);
    await change("users.purge", ["a", "b", "c", "d", "e"]);
    const tried: string[] = [];
    const deliver = createDelivery({ database, clock: () => clock.now, log }, [
      {
        ...target,
        isInOrder: false,
        tell: async ({ entityId }) => {
          tried.push(entityId);
          throw new Error("nobody answers");
        },
      },
    ]);
    expect(await deliver()).toBe(0);
    expect(tried).toEqual(["a", "b", "c"]);
    expect(await deliver()).toBe(0);
    expect(tried).toEqual(["a", "b", "c", "d", "e"]);
  });

  test("keeps one target waiting for its own failures alone", async () => {
    const { change, database, clock, log } = await setUp(kind.open, ["mail", "hooks"]);
    await change("users.purge", ["a", "b"]);
    const heard: string[] = [];
    const deliver = createDelivery({ database, clock: () => clock.now, log }, [
      { ...target, name: "mail", tell: () => Promise.reject(new Error("no mail")) },
      { ...target, name: "hooks", tell: async ({ entityId }) => void heard.push(entityId) },
    ]);
    expect(await deliver()).toBe(2);
    expect(heard).toEqual(["a", "b"]);
  });
});

test("a change that commits late is told in its place, and keeps the telling waiting no longer than it takes", async () => {
  const { change, database, options, deliver, heard } = await setUp(openTestPostgres);
  const other = await openDatabase(options);
  opened.push(other);
  const isWritten = Promise.withResolvers<void>();
  const mayCommit = Promise.withResolvers<void>();
  const late = other.inTransaction(async (trx) => {
    await insertOutboxItems(trx, [{ target: "mail", event: eventOf("early number") }]);
    isWritten.resolve();
    await mayCommit.promise;
  });
  await isWritten.promise;
  await change("users.purge", ["later number"]);
  const telling = deliver();
  await expect.poll(() => waitingForLocks(database)).toBe(1);
  expect(heard).toEqual([]);
  mayCommit.resolve();
  await late;
  expect(await telling).toBe(2);
  expect(heard).toEqual(["early number", "later number"]);
});

test("three servers tell each event once and in order", async () => {
  const servers: Database[] = [];
  const { change, database, options, clock, log } = await setUp(openTestPostgres);
  for (let count = 0; count < 2; count += 1) {
    const other = await openDatabase(options);
    opened.push(other);
    servers.push(other);
  }
  const ids = Array.from({ length: 60 }, (_, index) => `u${index}`);
  await change("users.purge", ids);
  const heard: string[] = [];
  let atOnce = 0;
  const slow: OutboxTarget = {
    ...target,
    tell: async ({ entityId }) => {
      atOnce += 1;
      expect(atOnce).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      heard.push(entityId);
      atOnce -= 1;
    },
  };
  const deliveries = [database, ...servers].map((one) =>
    createDelivery({ database: one, clock: () => clock.now, log }, [slow]),
  );
  while (heard.length < ids.length) await Promise.all(deliveries.map((deliver) => deliver()));
  expect(heard).toEqual(ids);
});

const target: OutboxTarget = {
  name: "mail",
  wants: ({ name }) => name === "users.purge",
  tell: async () => {},
};

async function setUp(open: () => Promise<TestDatabase>, names: readonly string[] = ["mail"]) {
  const testDatabase = await open();
  opened.push(testDatabase);
  const { database, options } = testDatabase;
  const clock = { now: 1_000_000 };
  const heard: string[] = [];
  const events: object[] = [];
  const fail: { times: number; only?: string } = { times: 0 };
  const targets = names.map((name) => ({ ...target, name }));
  const hub = await openTestHub(database, { clock: () => clock.now });
  for (const one of targets) hub.addTarget(one);
  const deliver = createDelivery({ database, clock: () => clock.now, log: silentLog }, [
    {
      ...target,
      tell: async (event) => {
        if (fail.times > 0 && (fail.only ?? event.entityId) === event.entityId) {
          fail.times -= 1;
          throw new Error("nobody answers");
        }
        heard.push(event.entityId);
        events.push(event);
      },
    },
  ]);
  const change = (name: "users.purge" | "sessions.reuse_detected", ids: readonly string[]) =>
    hub.change(systemActor, async ({ record }) => {
      for (const entityId of ids) record({ name, entityId });
    });
  const backlog = () => countBacklogs(database, targets, clock.now);
  return {
    ...{ database, options, hub, change, deliver, backlog },
    ...{ heard, events, fail, clock, log: silentLog },
  };
}

function eventOf(entityId: string): RecordedEvent {
  const actor = { kind: "system", userId: null, tokenId: null, sessionId: null } as const;
  const about = { name: "users.purge", subject: "users", entityId, domainId: null, details: {} };
  return { id: entityId, at: 0, actor, ...about };
}

async function attempts(database: Database): Promise<number> {
  const rows = await database.read.selectFrom("outbox").select("attempts").execute();
  return Math.max(...rows.map((row) => row.attempts));
}

async function waitingForLocks(database: Database): Promise<number> {
  const { rows } = await sql`select from pg_locks
    where not granted and relation = cast('outbox' as regclass)`.execute(database.read);
  return rows.length;
}

async function leases(database: Database): Promise<number> {
  const rows = await database.read.selectFrom("outbox").select("leased_until").execute();
  return rows.filter(({ leased_until }) => leased_until > 0).length;
}
