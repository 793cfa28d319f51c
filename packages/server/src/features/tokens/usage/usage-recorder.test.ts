import { randomUUID } from "node:crypto";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { TokenPrincipal } from "../../../access/principal.ts";
import { parseConfig } from "../../../config.ts";
import type { Use } from "../../../http/guard.ts";
import type { Database } from "../../../store/database.ts";
import { onEveryDatabase } from "../../../testing/on-every-database.ts";
import type { TestDatabase } from "../../../testing/test-databases.ts";
import { tokenRow, userRow } from "../../../testing/test-rows.ts";
import { pruneUsesJob } from "./prune-uses.ts";
import { createUsageReading, type UsageBy } from "./usage-reading.ts";
import { createUsageRecorder, type UsageRecorder } from "./usage-recorder.ts";

const noon = Date.parse("2026-03-04T12:00:00Z");
const day = 86_400_000;
const address = "192.0.2.1";
const config = parseConfig({});

onEveryDatabase("what tokens do", (kind) => {
  let opened: TestDatabase;
  let database: Database;
  let userId: string;
  const clock = { now: noon };
  beforeAll(async () => {
    opened = await kind.open();
    database = opened.database;
    const user = userRow();
    userId = user.id;
    await database.inTransaction(async (trx) => {
      await trx.insertInto("users").values(user).execute();
    });
  });
  afterAll(() => opened.close());
  beforeEach(async () => {
    clock.now = noon;
    await database.inTransaction(async (trx) => {
      await trx.deleteFrom("usage_recorders").execute();
      await trx.deleteFrom("usage_gaps").execute();
    });
  });

  const recorderOn = (through: Database, options?: { maximum: number }): UsageRecorder =>
    createUsageRecorder(
      {
        config,
        database: through,
        clock: () => clock.now,
        newId: randomUUID,
        log: pino({ level: "silent" }),
      },
      options,
    );
  const newRecorder = async (options?: { maximum: number }) => {
    const recorder = recorderOn(database, options);
    await recorder.open();
    return recorder;
  };

  /** A token in the database, and what it does. */
  const newToken = async (scopeIds: readonly string[] = []) => {
    const row = tokenRow({ user_id: userId });
    await database.inTransaction(async (trx) => {
      await trx.insertInto("tokens").values(row).execute();
      for (const id of scopeIds) {
        await trx
          .insertInto("token_scopes")
          .values({ ...scopeRow(id), token_id: row.id })
          .execute();
      }
    });
    const principal = { kind: "token", tokenId: row.id, userId } as TokenPrincipal;
    return { id: row.id, principal };
  };

  const read = async (recorder: UsageRecorder, tokenId: string, by: UsageBy = "day", days = 1) =>
    createUsageReading({ database, clock: () => clock.now }, recorder).readOne({
      userId,
      tokenId,
      days,
      by,
    });

  /** All that is told of a token. */
  const readAll = async (recorder: UsageRecorder, tokenId: string) => {
    const token = await database.read
      .selectFrom("tokens")
      .where("id", "=", tokenId)
      .selectAll()
      .executeTakeFirstOrThrow();
    const told = [];
    for (const by of ["operation", "object", "address"] as const) {
      told.push(await read(recorder, tokenId, by));
    }
    const reading = createUsageReading({ database, clock: () => clock.now }, recorder);
    return { told, token: reading.withPending(token) };
  };

  const storedCount = async (recorder: UsageRecorder, tokenId: string) =>
    (await read({ ...recorder, pendingOf: () => [] }, tokenId)).days[0];

  test("is told the same before it is written and after, and once however often it is flushed", async () => {
    const scopeId = randomUUID();
    const { id, principal } = await newToken([scopeId]);
    const recorder = await newRecorder();
    recorder.allowed(principal, [view("c1", scopeId)], address);
    clock.now += 1000;
    recorder.allowed(principal, [view("c1", scopeId), view("c2", scopeId)], "2001:db8::1");
    recorder.refused(principal, { ...deletion("c1"), because: "scope_missing" }, address);
    clock.now += 1000;
    recorder.refused(principal, { ...deletion("c2"), because: "owner_lacks_permission" }, address);
    const before = await readAll(recorder, id);
    expect(before.token).toMatchObject({
      use_count: 2,
      refused_count: 2,
      last_used_at: clock.now,
      last_used_address: address,
      last_refused_operation: "clients.delete",
      last_refused_entity_id: "c2",
      last_refused_because: "owner_lacks_permission",
    });
    expect(before.told[0]).toMatchObject({
      days: [{ day: "2026-03-04", uses: 2, refused: 2 }],
      operations: [
        { operation: "clients.delete", uses: 0, refused: 2, because: "owner_lacks_permission" },
        { operation: "clients.view", uses: 3, refused: 0 },
      ],
      gaps: [],
    });
    for (let count = 0; count < 2; count += 1) {
      await recorder.flush();
      expect(recorder.pendingOf(id)).toEqual([]);
      expect(await readAll(recorder, id)).toEqual(before);
    }
    const scope = await database.read
      .selectFrom("token_scopes")
      .where("id", "=", scopeId)
      .selectAll()
      .executeTakeFirstOrThrow();
    expect([scope.use_count, scope.last_used_at]).toEqual([3, noon + 1000]);
  });

  test("is told whole at every moment while it is being written", async () => {
    const { id, principal } = await newToken();
    const recorder = await newRecorder();
    for (let uses = 1; uses <= 10; uses += 1) {
      recorder.allowed(principal, [view("c1")], address);
      let isFlushing = true;
      const flushing = recorder.flush().finally(() => {
        isFlushing = false;
      });
      for (let look = 0; look === 0 || isFlushing; look += 1) {
        expect((await read(recorder, id)).days).toMatchObject([{ uses }]);
      }
      await flushing;
    }
  });

  test("is counted once where the commit of a flush was not answered", async () => {
    const { id, principal } = await newToken();
    let fails = true;
    const recorder = recorderOn({
      ...database,
      inTransaction: async (work) => {
        const result = await database.inTransaction(work);
        if (fails) throw new Error("the connection is lost");
        return result;
      },
    });
    recorder.allowed(principal, [view("c1")], address);
    await recorder.flush();
    recorder.allowed(principal, [view("c1")], address);
    fails = false;
    await recorder.flush();
    expect(await storedCount(recorder, id)).toMatchObject({ uses: 2 });
    await recorder.close();
  });

  test("waits, and is told, while the database cannot be written", async () => {
    const { id, principal } = await newToken();
    const recorder = recorderOn({
      ...database,
      inTransaction: async (work) => {
        if (clock.now < noon + 5000) throw new Error("the disk is full");
        return database.inTransaction(work);
      },
    });
    for (let count = 1; count <= 3; count += 1) {
      recorder.refused(principal, { ...deletion("c1"), because: "scope_missing" }, address);
      await recorder.flush();
    }
    expect(await storedCount(recorder, id)).toMatchObject({ refused: 0 });
    clock.now = noon + 5000;
    await recorder.close();
    expect(await storedCount(recorder, id)).toMatchObject({ uses: 0, refused: 3 });
  });

  test("with more objects than are counted one by one is counted together, also by two servers", async () => {
    const { id, principal } = await newToken();
    const servers = [await newRecorder(), await newRecorder()];
    for (let object = 0; object < 260; object += 1) {
      for (const [index, server] of servers.entries()) {
        server.allowed(principal, [view(`c${object + index * 130}`)], address);
      }
    }
    for (const server of servers) await server.flush();
    // Those that are counted one by one already go on to be.
    servers[0]?.allowed(principal, [view("c0"), view("c389")], address);
    await servers[0]?.flush();
    const rows = await database.read
      .selectFrom("token_use")
      .where("token_id", "=", id)
      .selectAll()
      .execute();
    expect(rows).toHaveLength(201);
    expect(rows.find(({ entity_id }) => entity_id === "c0")).toMatchObject({ allowed: 2 });
    expect(rows.reduce((sum, { allowed }) => sum + allowed, 0)).toBe(522);
    const { objects = [], other_objects } = await read(servers[0] as UsageRecorder, id, "object");
    expect(objects).toHaveLength(100);
    const shown = objects.reduce((sum, { uses }) => sum + uses, 0);
    expect(other_objects).toEqual({ uses: 522 - shown, refused: 0 });
  });

  test("holds nobody up for long where very many scopes open one list together", async () => {
    const target = { domainId: "", entityType: "domains", entityId: "" };
    const list = { operation: "domains.list", target, scopeId: undefined };
    const recorder = await newRecorder();
    const slicesFor = async (domains: number) => {
      const ofDomains = Array.from({ length: domains }, (_, index) => [`d${index}`, new Map()]);
      const scopes = new Map([
        ["domains.list", new Map(ofDomains as [string, Map<never, never>][])],
      ]);
      const before = recorder.slicesBegun();
      for (let count = 0; count < 5; count += 1) {
        recorder.allowed({ ...(await newToken()).principal, scopes }, [list], address);
      }
      await recorder.flush();
      return recorder.slicesBegun() - before;
    };
    expect(await slicesFor(2)).toBe(1);
    expect(await slicesFor(1000)).toBeGreaterThan(2);
  });

  test("is told with the ten addresses from which it came last", async () => {
    const { id, principal } = await newToken();
    const recorder = await newRecorder();
    for (let count = 0; count < 25; count += 1) {
      clock.now += 1000;
      recorder.allowed(principal, [view("c1")], `192.0.2.${count % 15}`);
      if (count % 4 === 0) await recorder.flush();
    }
    const expected = Array.from({ length: 10 }, (_, index) => `192.0.2.${9 - index}`);
    for (let round = 0; round < 2; round += 1) {
      const { addresses = [] } = await read(recorder, id, "address");
      expect(addresses.map((each) => each.address)).toEqual(expected);
      await recorder.flush();
    }
  });

  test("counts for the UTC day in which it was done", async () => {
    const { id, principal } = await newToken();
    const recorder = await newRecorder();
    clock.now = Date.parse("2026-03-04T23:59:59.999Z");
    recorder.allowed(principal, [view("c1")], address);
    clock.now += 1;
    recorder.allowed(principal, [view("c1"), view("c2")], address);
    const days = [
      { day: "2026-03-04", uses: 1, refused: 0 },
      { day: "2026-03-05", uses: 1, refused: 0 },
    ];
    expect((await read(recorder, id, "day", 2)).days).toEqual(days);
    await recorder.flush();
    expect((await read(recorder, id, "day", 2)).days).toEqual(days);
  });

  test("of a token that is gone meanwhile does not keep others' from being written", async () => {
    const gone = await newToken();
    const { id, principal } = await newToken();
    const recorder = await newRecorder();
    for (const each of [gone.principal, principal]) {
      recorder.allowed(each, [view("c1")], address);
    }
    await database.inTransaction((trx) =>
      trx.deleteFrom("tokens").where("id", "=", gone.id).execute(),
    );
    await recorder.flush();
    expect(await storedCount(recorder, id)).toMatchObject({ uses: 1 });
    expect(recorder.pendingOf(gone.id)).toEqual([]);
  });

  test("beyond what memory may hold is a gap with its number, and no memory", async () => {
    const known = await newToken();
    const recorder = recorderOn(
      {
        ...database,
        inTransaction: async (work) => {
          if (clock.now === noon) throw new Error("the database is away");
          return database.inTransaction(work);
        },
      },
      { maximum: 30 },
    );
    recorder.allowed(known.principal, [view("c1")], address);
    for (let count = 0; count < 50; count += 1) {
      recorder.allowed({ ...known.principal, tokenId: randomUUID() }, [view("c1")], address);
    }
    recorder.allowed(known.principal, [view("c1")], address);
    await recorder.flush();
    clock.now += 1000;
    await recorder.flush();
    const { days, gaps } = await read(recorder, known.id);
    expect(days).toMatchObject([{ uses: 2 }]);
    // A token, what it did and its address are three entries.
    expect(gaps).toEqual([
      { from: new Date(noon).toISOString(), to: expect.any(String), uses: 41 },
    ]);
    await recorder.close();
  });

  test("and was never written by a server that is gone is a gap since its last writing", async () => {
    const { id, principal } = await newToken();
    const killed = await newRecorder();
    killed.allowed(principal, [view("c1")], address);
    clock.now += 10_000;
    await killed.flush();
    killed.allowed(principal, [view("c1")], address);
    clock.now += 60_000;
    const other = await newRecorder();
    expect(await read(other, id)).toMatchObject({
      days: [{ uses: 1 }],
      gaps: [
        { from: new Date(noon + 10_000).toISOString(), to: new Date(clock.now).toISOString() },
      ],
    });
    await other.close();
    if (kind.name === "SQLite") return;
    // It only stood still, and goes on.
    await killed.close();
    expect(await read(other, id)).toMatchObject({ days: [{ uses: 2 }], gaps: [] });
  });

  test("is written to the last use when a server ends, and leaves no gap", async () => {
    const { id, principal } = await newToken();
    const ending = await newRecorder();
    const count = 1234;
    for (let use = 0; use < count; use += 1) {
      ending.allowed(principal, [view(`c${use % 3}`)], address);
    }
    await ending.close();
    clock.now += day / 4;
    const other = await newRecorder();
    expect(await read(other, id)).toMatchObject({ days: [{ uses: count }], gaps: [] });
    await other.close();
  });

  test("is forgotten when it is older than anything that can be asked for", async () => {
    const { id, principal } = await newToken();
    const recorder = await newRecorder();
    for (const [at, from] of [
      [noon, "192.0.2.1"],
      [noon + 300 * day, "192.0.2.2"],
    ] as const) {
      clock.now = at;
      recorder.allowed(principal, [view("c1")], from);
      await recorder.flush();
    }
    clock.now = noon + 401 * day;
    const job = pruneUsesJob({ database, clock: () => clock.now });
    expect(await job.run(new AbortController().signal)).toMatch(/^[1-9]\d* days/);
    const kept = await database.read
      .selectFrom("token_use")
      .where("token_id", "=", id)
      .select("day")
      .execute();
    expect(kept).toEqual([{ day: "2026-12-29" }]);
    expect((await read(recorder, id, "address")).addresses).toMatchObject([
      { address: "192.0.2.2" },
    ]);
  });
});

function view(entityId: string, scopeId?: string): Use {
  return {
    operation: "clients.view",
    target: { domainId: "d1", entityType: "clients", entityId },
    scopeId,
  };
}

function deletion(entityId: string) {
  return {
    operation: "clients.delete",
    target: { domainId: "d1", entityType: "clients", entityId },
  };
}

function scopeRow(id: string) {
  return {
    id,
    domain_id: "d1",
    entity_type: "clients",
    entity_id: "*",
    operation: "view",
    created_at: 1,
  };
}
