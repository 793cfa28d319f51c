import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { pino } from "pino";
import { expect, test } from "vitest";
import { systemActor } from "../../access/actor.ts";
import type { SessionPrincipal } from "../../access/principal.ts";
import { parseConfig } from "../../config.ts";
import { deriveKeys } from "../../keys.ts";
import { onEveryDatabase } from "../../testing/on-every-database.ts";
import { openTestHub } from "../../testing/test-hub.ts";
import { openChains } from "./open-chains.ts";
import { createRefusals } from "./refusals.ts";
import { retentionJob } from "./retention.ts";
import { createVerifier } from "./verify-chains.ts";
import { verifyDatabase } from "./verify-database.ts";

const keys = deriveKeys("a secret key that only tests use, 32+");
const day = 86_400_000;

onEveryDatabase("what was kept long enough", (kind) => {
  test("goes by whole days from the beginning of a chain, which is proved from there on", async () => {
    const { database, close } = await kind.open();
    const clock = { now: 1000 * day };
    const time = () => clock.now;
    const config = parseConfig({ TESSERA_AUDIT_KEEP: "10d" });
    const world = { config, database, keys, clock: time, newId: randomUUID };
    const hub = await openTestHub(database, { clock: time });
    const change = (entityId: string) =>
      hub.change(systemActor, async ({ record }) => record({ name: "users.purge", entityId }));
    const job = retentionJob(world);
    const run = () => job.run(new AbortController().signal);
    const verify = async (checkpoints: Parameters<typeof verifyDatabase>[2] = []) =>
      (await verifyDatabase(database, keys.audit, checkpoints)).faults;
    const left = async () => {
      const rows = await database.read
        .selectFrom("audit_events")
        .select(["seq", "hash", "action"])
        .where("seq", "is not", null)
        .orderBy("seq")
        .execute();
      return rows;
    };

    const old = { id: "old", at: 999 * day, actor_kind: "system", action: "users.purge" } as const;
    await database.inTransaction(async (trx) => {
      await trx.insertInto("audit_events").values(old).execute();
    });
    await openChains(world);
    await change("first");
    clock.now += 5 * day;
    await change("second");
    await change("third");
    expect(await verify()).toEqual([]);
    expect(await run()).toBe("0 removed");

    const [first, second] = await left();
    clock.now = 1011 * day + 5;
    expect(await run()).toBe("2 removed");
    expect((await left()).map(({ seq, action }) => [seq, action])).toEqual([
      [3, "users.purge"],
      [4, "users.purge"],
      [5, "audit.cut"],
    ]);
    expect(await verify()).toEqual([]);
    await change("fourth");
    expect(await verify()).toEqual([]);

    const at = { chain: "platform", count: 1, at: 1 };
    const hashes = [first?.hash ?? "", second?.hash ?? ""];
    expect(hashes.every((hash) => hash.length === 64)).toBe(true);
    expect(second?.seq).toBe(2);
    expect(await verify([{ ...at, seq: 2, hash: hashes[1] ?? "" }])).toEqual([]);
    expect(await verify([{ ...at, seq: 2, hash: hashes[0] ?? "" }])).toMatchObject([{ seq: 2 }]);

    clock.now += 1000 * day;
    await run();
    expect((await left()).map(({ action }) => action)).toContain("audit.cut");
    expect(await verify()).toEqual([]);

    await database.inTransaction(async (trx) => {
      await sql`update audit_cuts set seq = seq + 1`.execute(trx);
    });
    expect(await verify()).toMatchObject([{ kind: "broken", chain: "platform" }]);
    await close();
  });

  test("and told of a chain of refusals tells of it again; what was forwarded before is proved with it", async () => {
    const { database, close } = await kind.open();
    const clock = { now: 1000 * day };
    const config = parseConfig({ TESSERA_AUDIT_KEEP: "10d" });
    const world = { config, database, keys, clock: () => clock.now, newId: randomUUID };
    await openChains(world);
    const log = pino({ level: "silent" });
    const refusals = createRefusals({ ...world, log }, { everyMilliseconds: day, forwardedTo: [] });
    const principal = { kind: "session", sessionId: "s", userId: "u", isAdmin: false } as const;
    const target = { domainId: "", entityType: "clients", entityId: "" };
    const refuse = async () => {
      refusals.refused(
        principal as SessionPrincipal,
        { operation: "clients.view", target, because: "scope_missing" },
        "192.0.2.1",
      );
      await refusals.flush();
    };
    const rows = () =>
      database.read
        .selectFrom("audit_events")
        .selectAll()
        .orderBy("chain")
        .orderBy("seq")
        .execute();
    await refuse();
    const forwarded = await rows();
    clock.now += 20 * day;
    await refuse();
    await retentionJob(world).run(new AbortController().signal);
    expect((await rows()).map(({ action }) => action)).toContain("audit.refusals_begun");
    expect((await rows())[0]?.seq).toBeGreaterThan(1);
    expect((await verifyDatabase(database, keys.audit, [])).faults).toEqual([]);
    const verifier = createVerifier({ keys: keys.audit, checkpoints: [], isWhole: false });
    const known = new Set(forwarded.map(({ id }) => id));
    const later = (await rows()).filter(({ id }) => !known.has(id));
    for (const row of [...forwarded, ...later]) verifier.add(row);
    expect(verifier.end([]).faults).toEqual([]);
    await refusals.close();
    await close();
  });

  test("and is no more cannot hide that an entry behind it was removed by hand", async () => {
    const { database, close } = await kind.open();
    const clock = { now: 1000 * day };
    const config = parseConfig({ TESSERA_AUDIT_KEEP: "10d" });
    const world = { config, database, keys, clock: () => clock.now, newId: randomUUID };
    await openChains(world);
    const hub = await openTestHub(database, { clock: () => clock.now });
    const change = (entityId: string) =>
      hub.change(systemActor, async ({ record }) => record({ name: "users.purge", entityId }));
    for (const entityId of ["a", "b"]) await change(entityId);
    clock.now += 20 * day;
    for (const entityId of ["c", "d"]) await change(entityId);
    await retentionJob(world).run(new AbortController().signal);
    await database.inTransaction(async (trx) => {
      await trx.deleteFrom("audit_events").where("seq", "=", 4).execute();
    });
    expect((await verifyDatabase(database, keys.audit, [])).faults).toMatchObject([
      { kind: "broken", chain: "platform", seq: 4, what: "is missing" },
    ]);
    await close();
  });
});
