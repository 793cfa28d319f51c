import { randomUUID } from "node:crypto";
import type { EventName } from "@tessera/contract";
import { type RawBuilder, sql } from "kysely";
import { pino } from "pino";
import { expect, test, vi } from "vitest";
import { systemActor } from "../../access/actor.ts";
import { parseConfig } from "../../config.ts";
import { deriveKeys } from "../../keys.ts";
import type { Database } from "../../store/database.ts";
import { onEveryDatabase } from "../../testing/on-every-database.ts";
import { openTestHub } from "../../testing/test-hub.ts";
import { domainRow } from "../../testing/test-rows.ts";
import { openChains } from "./open-chains.ts";
import { retentionJob } from "./retention.ts";
import { verifyDatabase } from "./verify-database.ts";

const keys = deriveKeys("only tests sign by these words, 32 long");
const day = 86_400_000;

onEveryDatabase("retention", (kind) => {
  /** Three older records, then five entries, of which four are older than ten days. */
  const open = async () => {
    const { database, close } = await kind.open();
    const clock = { now: 1000 * day };
    const time = () => clock.now;
    const config = parseConfig({ TESSERA_AUDIT_KEEP: "10d" });
    const log = pino({ level: "silent" });
    const told = vi.spyOn(log, "error");
    const world = { config, database, keys, clock: time, newId: randomUUID, log };
    const older = { at: 999 * day, actor_kind: "system", action: "users.purge" } as const;
    await database.inTransaction(async (trx) => {
      // So much that each is read by itself.
      const details = JSON.stringify({ x: "x".repeat(300_000) });
      const rows = ["a", "b", "c"].map((id) => ({ ...older, id, details }));
      await trx.insertInto("audit_events").values(rows).execute();
    });
    await openChains(world);
    const hub = await openTestHub(database, { clock: time });
    const change = (entityId: string) =>
      hub.change(systemActor, async ({ record }) => record({ name: "users.purge", entityId }));
    for (const entityId of ["first", "second", "third"]) await change(entityId);
    clock.now += 20 * day;
    await change("last");
    const job = retentionJob(world);
    return {
      ...{ database, clock, told, hub, change, close },
      start: () => openChains(world),
      run: (signal = new AbortController().signal) => job.run(signal),
      faults: async () => (await verifyDatabase(database, keys.audit, [])).faults,
      restore: ({ entries, cuts }: Awaited<ReturnType<typeof stored>>) =>
        database.inTransaction(async (trx) => {
          await trx.deleteFrom("audit_events").execute();
          await trx.insertInto("audit_events").values(entries).execute();
          await trx.deleteFrom("audit_cuts").execute();
          if (cuts.length > 0) await trx.insertInto("audit_cuts").values(cuts).execute();
        }),
      forge: (forgery: RawBuilder<unknown>) =>
        database.inTransaction(async (trx) => void (await forgery.execute(trx))),
    };
  };

  const stored = async (database: Database) => ({
    entries: await database.read.selectFrom("audit_events").selectAll().orderBy("id").execute(),
    cuts: await database.read.selectFrom("audit_cuts").selectAll().execute(),
  });

  test("signs away nothing of a chain that is not as it was written, whatever of it was changed, and tells", async () => {
    const { database, run, faults, forge, restore, told, close } = await open();
    const whole = await stored(database);
    for (const forgery of [
      sql`update audit_events set at = 5 where seq is not null`,
      sql`update audit_events set at = at - 1 where seq = 1`,
      sql`update audit_events set action = 'users.create' where seq = 2`,
      sql`update audit_events set action = 'users.create' where seq = 1`,
      sql`update audit_events set hash = 'ab' where seq = 3`,
      sql`delete from audit_events where seq = 2`,
      sql`update audit_events set details = '{}' where id = 'b'`,
      sql`delete from audit_events where id = 'a'`,
      sql`insert into audit_cuts (chain, seq, hash, at, key_version, mac)
        select chain, seq, hash, at, key_version, hash from audit_events where seq = 1`,
    ]) {
      told.mockClear();
      await forge(forgery);
      const before = await stored(database);
      expect(await faults()).toMatchObject([{ kind: "broken", chain: "platform" }]);
      expect(await run()).toBe("0 removed; broken chains, which keep all: 1");
      expect(await stored(database)).toEqual(before);
      expect(await faults()).toHaveLength(1);
      expect(told).toHaveBeenCalledTimes(1);
      await restore(whole);
    }
    expect(await run()).toBe("4 removed");
    await close();
  });

  test("removes what is as it was written, and then nothing of what was changed behind the cut", async () => {
    const { database, run, faults, forge, restore, clock, change, close } = await open();
    expect(await run()).toBe("4 removed");
    expect(await faults()).toEqual([]);
    await change("more");
    clock.now += 20 * day;
    await change("newest");
    const whole = await stored(database);
    for (const forgery of [
      sql`update audit_cuts set seq = seq + 1`,
      sql`update audit_events set prev_hash = '' where seq = 5`,
    ]) {
      await forge(forgery);
      const before = await stored(database);
      expect(await run()).toBe("0 removed; broken chains, which keep all: 1");
      expect(await stored(database)).toEqual(before);
      expect(await faults()).toHaveLength(1);
      await restore(whole);
    }
    expect(await run()).toBe("3 removed");
    expect(await faults()).toEqual([]);
    await close();
  });

  test("hides not that a chain began anew, also where no other has its beginning any more", async () => {
    const { database, run, faults, forge, start, hub, clock, close } = await open();
    const domain = domainRow();
    await database.inTransaction(async (trx) => {
      await trx.insertInto("domains").values(domain).execute();
    });
    const domainId = domain.id;
    const happen = (name: EventName) =>
      hub.change(systemActor, async ({ record }) => record({ name, domainId, entityId: domainId }));
    for (const name of ["domains.create", "domains.update"] as const) await happen(name);
    clock.now += 20 * day;
    await happen("domains.enable");
    await run();
    clock.now += 5 * day;
    expect(await faults()).toEqual([]);
    const rows = (await stored(database)).entries;
    expect(rows.map(({ seq }) => seq)).not.toContain(1);

    await forge(sql`delete from audit_events where chain = 'platform'`);
    await forge(sql`delete from audit_cuts where chain = 'platform'`);
    await start();
    expect(await faults()).toMatchObject([{ kind: "broken", chain: "platform", seq: 1 }]);
    await close();
  });

  test("that was ended among the older records goes on; what is left of them is proved meanwhile", async () => {
    const { database, run, faults, forge, close } = await open();
    const left = async () =>
      (await stored(database)).entries.filter(({ seq }) => seq === null).map(({ id }) => id);
    expect(await run(endedBy(database))).toBe("0 removed");
    expect(await left()).toEqual(["a", "b"]);
    expect(await faults()).toEqual([]);

    await forge(sql`update audit_events set address = 'x' where id = 'a'`);
    expect(await faults()).toMatchObject([{ kind: "broken", chain: "platform", seq: 1 }]);
    expect(await run()).toContain("0 removed; broken");
    expect(await left()).toEqual(["a", "b"]);

    await forge(sql`update audit_events set address = null where id = 'a'`);
    expect(await run()).toBe("4 removed");
    expect(await left()).toEqual([]);
    expect(await faults()).toEqual([]);
    await close();
  });
});

/** A signal that comes once something was removed. */
function endedBy(database: Database): AbortSignal {
  const ending = new AbortController();
  const { inTransaction } = database;
  vi.spyOn(database, "inTransaction").mockImplementationOnce(async (work) => {
    const done = await inTransaction(work);
    ending.abort();
    return done;
  });
  return ending.signal;
}
