import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { pino } from "pino";
import { expect, test, vi } from "vitest";
import { systemActor } from "../../access/actor.ts";
import type { SessionPrincipal } from "../../access/principal.ts";
import { parseConfig } from "../../config.ts";
import { deriveKeys } from "../../keys.ts";
import { onEveryDatabase } from "../../testing/on-every-database.ts";
import { requireStatus, startApp } from "../../testing/start-app.ts";
import { openTestHub } from "../../testing/test-hub.ts";
import { newMember } from "../../testing/test-people.ts";
import { openChains } from "./open-chains.ts";
import { createRefusals } from "./refusals.ts";
import { retentionJob } from "./retention.ts";
import { createVerifier } from "./verify-chains.ts";
import { verifyDatabase } from "./verify-database.ts";

const keys = deriveKeys("only tests sign by these words, 32 long");
const day = 86_400_000;
const log = pino({ level: "silent" });

onEveryDatabase("what was kept long enough", (kind) => {
  test("goes by whole days from the beginning of a chain, which is proved from there on", async () => {
    const { database, close } = await kind.open();
    const clock = { now: 1000 * day };
    const time = () => clock.now;
    const config = parseConfig({ TESSERA_AUDIT_KEEP: "10d" });
    const world = { config, database, keys, clock: time, newId: randomUUID, log };
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
    const world = { config, database, keys, clock: () => clock.now, newId: randomUUID, log };
    await openChains(world);
    const refusals = createRefusals(world, { everyMilliseconds: day, forwardedTo: [] });
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
    const world = { config, database, keys, clock: () => clock.now, newId: randomUUID, log };
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

  test("stays where a domain asked for longer: what was done and what was refused there, and not elsewhere", async () => {
    const server = await startApp(kind, {
      environment: { TESSERA_AUDIT_KEEP: "10d" },
      build: { refusalsEveryMilliseconds: 20 },
    });
    const ada = await server.newUser();
    const [longer, other] = [await server.newDomain(ada), await server.newDomain(ada)];
    const path = `/${longer}/audit/keeping`;
    expect(requireStatus(await ada.call("GET", path), 200)).toEqual({
      keep_days: null,
      kept_days: 10,
      least_days: 10,
    });
    requireStatus(await ada.call("PATCH", path, { keep_days: 30 }), 200);
    const token = await server.newToken(ada, longer, [], "720h");
    const refuseIn = async (id: string, type: string, operation: string) => {
      expect((await token.call("GET", `/${id}/${type}`)).status).toBe(403);
      await vi.waitFor(async () => expect(await actionsIn(id)).toContain(operation), 10_000);
    };
    const retain = () => retentionJob(server.deps).run(new AbortController().signal);
    const actionsIn = async (domainId: string) => {
      const rows = await server.deps.database.read
        .selectFrom("audit_events")
        .select("action")
        .where("domain_id", "=", domainId)
        .orderBy("chain")
        .orderBy("seq")
        .execute();
      return rows.map(({ action }) => action);
    };
    for (const id of [longer, other]) await refuseIn(id, "clients", "domains.list_clients");
    const ofLonger = await actionsIn(longer);
    expect(ofLonger).toContain("audit.update_keeping");

    server.clock.now += 20 * day;
    const laterAda = await server.signIn(ada.username, ada.password);
    // The last entry of a chain stays, whatever its age.
    for (const id of [longer, other]) {
      requireStatus(await laterAda.call("PATCH", `/domains/${id}`, { tags: ["a"] }), 200);
      await refuseIn(id, "groups", "domains.list_groups");
    }
    await retain();
    expect(await actionsIn(longer)).toEqual(expect.arrayContaining(ofLonger));
    for (const gone of ["domains.create", "domains.list_clients"]) {
      expect(await actionsIn(other)).not.toContain(gone);
    }

    server.clock.now += 11 * day;
    await retain();
    expect(await actionsIn(longer)).not.toContain("domains.create");
    const { database, keys: appKeys } = server.deps;
    expect((await verifyDatabase(database, appKeys.audit, [])).faults).toEqual([]);
    await server.close();
  });

  test("is never less than the server keeps, is chosen by who manages roles, and is on record", async () => {
    const server = await startApp(kind, { environment: { TESSERA_AUDIT_KEEP: "10d" } });
    const ada = await server.newUser();
    const domainId = await server.newDomain(ada);
    const path = `/${domainId}/audit/keeping`;
    for (const keep_days of [9, 0, -1, 3_651, 10.5, "30"]) {
      const { status, body } = await ada.call("PATCH", path, { keep_days });
      expect([status, body.code, body.field]).toEqual([400, "invalid_body", "keep_days"]);
    }
    const reader = await newMember(server, ada, domainId, ["read", "update"]);
    const token = await server.newToken(ada, domainId, [
      "domains:view_audit:*",
      "domains:update:*",
    ]);
    for (const caller of [reader, token, await server.newUser()]) {
      expect((await caller.call("PATCH", path, { keep_days: 30 })).status).toBe(403);
      expect((await caller.call("GET", path)).status).toBe(403);
    }
    for (const keep_days of [30, 10, null]) {
      server.clock.now += 1_000;
      const reply = requireStatus(await ada.call("PATCH", path, { keep_days }), 200);
      expect(reply).toEqual({ keep_days, kept_days: keep_days ?? 10, least_days: 10 });
      expect(requireStatus(await ada.call("GET", path), 200)).toEqual(reply);
    }
    const listed = await ada.call("GET", `/${domainId}/audit?operation=audit.update_keeping`);
    const changed = (before: number | null, after: number | null) => [
      { field: "keep_days", before, after },
    ];
    expect(
      requireStatus(listed, 200).records.map((record: { changed: unknown }) => record.changed),
    ).toEqual([changed(10, null), changed(30, 10), changed(null, 30)]);
    await server.close();
  });
});
