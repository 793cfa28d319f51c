import { randomUUID } from "node:crypto";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { SessionPrincipal } from "../../access/principal.ts";
import { parseConfig } from "../../config.ts";
import { deriveKeys } from "../../keys.ts";
import type { Database } from "../../store/database.ts";
import { onEveryDatabase, onOneDatabase } from "../../testing/on-every-database.ts";
import { startApp, type TestApp, type TestUser } from "../../testing/start-app.ts";
import { newMember } from "../../testing/test-people.ts";
import { openChains } from "./open-chains.ts";
import { createRefusals, droppedAction } from "./refusals.ts";
import { verifyDatabase } from "./verify-database.ts";

const keys = deriveKeys("only tests sign by these words, 32 long");
/** On a busy machine. */
const patience = { timeout: 10_000, interval: 50 };

onEveryDatabase("what is refused", (kind) => {
  let server: TestApp;
  let ada: TestUser;
  let domainId: string;

  beforeAll(async () => {
    server = await startApp(kind, { build: { refusalsEveryMilliseconds: 20 } });
    ada = await server.newUser();
    domainId = await server.newDomain(ada);
  });
  afterAll(() => server.close());

  const refusalsOf = async (query: string) => {
    const path = `/${domainId}/audit?outcome=refused&${query}`;
    return (await ada.call("GET", path)).body.records;
  };

  test("to a token or a session is on record soon, with its reason, and linked in a chain of its own", async () => {
    const token = await server.newToken(ada, domainId, ["clients:view:*"]);
    const member = await newMember(server, ada, domainId, ["read"]);
    const clientId = randomUUID();
    const attempts = Array.from({ length: 5 }, () =>
      token.call("DELETE", `/${domainId}/clients/${clientId}`),
    );
    for (const { status } of await Promise.all(attempts)) expect(status).toBe(403);
    expect((await member.call("GET", `/${domainId}/audit`)).status).toBe(403);
    await vi.waitFor(async () => {
      const ofToken = await refusalsOf(`token=${token.id}`);
      const times = ofToken.reduce((sum: number, { count }: { count: number }) => sum + count, 0);
      expect(times).toBeGreaterThan(0);
      expect(ofToken[0]).toMatchObject({
        operation: "clients.delete",
        reason: "scope_missing",
        object: { type: "clients", id: clientId },
        address: "127.0.0.1",
        chain: `refusals:${domainId}`,
      });
      expect(await refusalsOf(`actor=${member.id}`)).toMatchObject([
        { operation: "domains.view_audit", reason: "owner_lacks_permission", count: 1 },
      ]);
    }, patience);
    expect((await ada.call("GET", "/pats/audit?outcome=refused")).body.records).not.toEqual([]);
    const { database } = server.deps;
    expect((await verifyDatabase(database, server.deps.keys.audit, [])).faults).toEqual([]);
  });

  test("cannot be removed with all others there: their chain was told of, and begins once", async () => {
    const { database, keys } = server.deps;
    const verify = async () => (await verifyDatabase(database, keys.audit, [])).faults;
    const other = await server.newDomain(ada);
    const token = await server.newToken(ada, other, []);
    const ofChain = (chain: string) =>
      database.read.selectFrom("audit_events").selectAll().where("chain", "=", chain).execute();
    const chain = `refusals:${other}`;
    expect((await token.call("GET", `/domains/${other}`)).status).toBe(403);
    await vi.waitFor(async () => expect(await ofChain(chain)).not.toEqual([]), patience);
    await database.inTransaction(async (trx) => {
      await trx.deleteFrom("audit_events").where("chain", "=", chain).execute();
    });
    expect(await verify()).toMatchObject([{ kind: "broken", chain, seq: 1 }]);
  });

  test("leaves no trace where it was allowed", async () => {
    const token = await server.newToken(ada, domainId, ["domains:read:*"]);
    expect((await token.call("GET", `/domains/${domainId}`)).status).toBe(200);
    expect(await refusalsOf(`token=${token.id}`)).toEqual([]);
  });

  test("in a domain that is not there stands with the platform", async () => {
    const nowhere = randomUUID();
    expect((await ada.call("GET", `/${nowhere}/audit`)).status).toBe(403);
    await vi.waitFor(async () => {
      const path = `/audit?outcome=refused&domain=none&actor=${ada.id}`;
      const { records } = (await server.admin.call("GET", path)).body;
      expect(records).toMatchObject([
        { chain: "refusals:platform", details: { domain_id: nowhere } },
      ]);
    }, patience);
  });
});

onOneDatabase("a flood of refusals", (kind) => {
  const log = pino({ level: "silent" });
  const session = (id: string) =>
    ({ kind: "session", sessionId: id, userId: "u", isAdmin: false }) as SessionPrincipal;
  const refused = (operation: string) => ({
    operation,
    target: { domainId: "", entityType: "clients", entityId: "" },
    because: "scope_missing" as const,
  });
  const setUp = async (aroundDatabase: (database: Database) => Database = (same) => same) => {
    const opened = await kind.open();
    const clock = { now: 1_000_000 };
    const database = aroundDatabase(opened.database);
    const world = { database, keys, log, clock: () => clock.now, newId: randomUUID };
    const refusals = createRefusals(world, { everyMilliseconds: 24 * 3_600_000, forwardedTo: [] });
    const rows = async () =>
      (
        await opened.database.read
          .selectFrom("audit_events")
          .selectAll()
          .where("chain", "like", "refusals:%")
          .orderBy("seq")
          .execute()
      ).map(({ action, details }) => [action, JSON.parse(details).count]);
    return { ...opened, clock, refusals, rows };
  };

  test("is one row at once and one a minute, and none of it is lost", async () => {
    const { refusals, rows, clock, close } = await setUp();
    for (let second = 0; second < 90; second += 1) {
      for (let count = 0; count < 100; count += 1) {
        refusals.refused(session("s"), refused("clients.delete"), "192.0.2.1");
      }
      await refusals.flush();
      clock.now += 1_000;
    }
    await refusals.close();
    expect(await rows()).toEqual([
      ["clients.delete", 100],
      ["clients.delete", 6_000],
      ["clients.delete", 2_900],
    ]);
    await close();
  });

  test("takes no room of others, and what is beyond the bounds is counted", async () => {
    const { refusals, rows, close } = await setUp();
    for (let index = 0; index < 100; index += 1) {
      refusals.refused(session("s"), refused(`clients.${index}`), "192.0.2.1");
    }
    refusals.refused(session("other"), refused("clients.view"), "192.0.2.1");
    await refusals.flush();
    const written = await rows();
    expect(written).toHaveLength(22);
    expect(written.slice(-2)).toEqual([
      ["clients.view", 1],
      [droppedAction, 80],
    ]);
    await close();
  });

  test("of one user with many tokens takes no room of others, who have one when all are taken", async () => {
    const { refusals, rows, close } = await setUp();
    const refuse = (id: string, operation: string) =>
      refusals.refused({ ...session(id), userId: id.slice(0, 2) }, refused(operation), "192.0.2.1");
    for (let user = 10; user < 60; user += 1) {
      for (let index = 0; index < 100; index += 1) refuse(`${user}-${index % 10}`, `x.${index}`);
    }
    refuse("99-1", "clients.view");
    await refusals.flush();
    const written = await rows();
    expect(written).toHaveLength(2_000 + 1);
    expect(written).toContainEqual(["clients.view", 1]);
    expect(written.at(-1)).toEqual([droppedAction, 50 * 100 + 1 - 2_000]);
    await close();
  });

  test("whose chain was removed does not begin anew unseen", async () => {
    const { database, refusals, clock, close } = await setUp();
    const world = { database, keys, log, clock: () => clock.now, newId: randomUUID };
    await openChains({ ...world, config: parseConfig({}) });
    refusals.refused(session("s"), refused("clients.delete"), "192.0.2.1");
    await refusals.flush();
    const verify = async () => (await verifyDatabase(database, keys.audit, [])).faults;
    expect(await verify()).toEqual([]);
    const chain = "refusals:platform";
    await database.inTransaction(async (trx) => {
      await trx.deleteFrom("audit_events").where("chain", "=", chain).execute();
    });
    expect(await verify()).toMatchObject([{ kind: "broken", chain, seq: 1 }]);
    const startedAgain = createRefusals(world, { everyMilliseconds: 3_600_000, forwardedTo: [] });
    startedAgain.refused(session("s"), refused("clients.delete"), "192.0.2.1");
    await startedAgain.close();
    expect(await verify()).toMatchObject([{ kind: "broken", chain, seq: 1 }]);
    await close();
  });

  test("that could not be written is said to be missing once something can be", async () => {
    let isBroken = true;
    const { refusals, rows, close } = await setUp((database) => ({
      ...database,
      inTransaction: (work) =>
        isBroken ? Promise.reject(new Error("away")) : database.inTransaction(work),
    }));
    refusals.refused(session("s"), refused("clients.delete"), "192.0.2.1");
    refusals.refused(session("s"), refused("clients.delete"), "192.0.2.1");
    await refusals.flush();
    isBroken = false;
    await refusals.flush();
    expect(await rows()).toEqual([[droppedAction, 2]]);
    await close();
  });
});
