import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { channelRoutesByLetters } from "../../store/migrations/0006-channel-routes-by-letters.ts";
import { readEverything } from "../../testing/everything-stored.ts";
import { onEveryDatabase } from "../../testing/on-every-database.ts";
import { explainReads } from "../../testing/query-plans.ts";
import { requireStatus, startApp, type TestApp, type TestUser } from "../../testing/start-app.ts";
import { findTakenRoutes } from "./channel-store.ts";

onEveryDatabase("channels", (kind) => {
  let server: TestApp;
  let owner: TestUser;

  beforeAll(async () => {
    server = await startApp(kind);
    owner = await server.newUser();
  });
  afterAll(() => server.close());

  test("a route is one channel's in its domain", async () => {
    const domainId = await server.newDomain(owner);
    const otherDomainId = await server.newDomain(owner);
    const path = `/${domainId}/channels`;
    const made = requireStatus(await owner.call("POST", path, { route: "tele" }), 201);
    expect(made.route).toBe("tele");
    expect((await owner.call("GET", `${path}/${made.id}`)).body.route).toBe("tele");
    expect((await owner.call("GET", path)).body.channels[0].route).toBe("tele");
    const taken = { status: 409, body: { code: "already_exists", field: "route" } };
    expect(await owner.call("POST", path, { route: "tele" })).toMatchObject(taken);
    const bulk = [{ route: "a" }, { route: "b" }, { route: "a" }];
    expect(await owner.call("POST", `${path}/bulk`, bulk)).toMatchObject({
      status: 409,
      body: { field: "2.route" },
    });
    expect((await owner.call("GET", path)).body.total).toBe(1);
    const elsewhere = await owner.call("POST", `/${otherDomainId}/channels`, { route: "tele" });
    expect(elsewhere.status).toBe(201);
  });

  test("routes that differ in the case of letters alone are one", async () => {
    const domainId = await server.newDomain(owner);
    const path = `/${domainId}/channels`;
    requireStatus(await owner.call("POST", path, { route: "plant-7" }), 201);
    const before = (await owner.call("GET", path)).body;
    for (const route of ["PLANT-7", "Plant-7"]) {
      expect(await owner.call("POST", path, { route })).toMatchObject({
        status: 409,
        body: { code: "already_exists", field: "route" },
      });
    }
    for (const bulk of [
      [{ route: "hall" }, { route: "HALL" }],
      [{}, { route: "pLANT-7" }],
    ]) {
      expect(await owner.call("POST", `${path}/bulk`, bulk)).toMatchObject({
        status: 409,
        body: { code: "already_exists", field: "1.route" },
      });
    }
    expect((await owner.call("GET", path)).body).toEqual(before);
    const kept = requireStatus(await owner.call("POST", path, { route: "Plant-8" }), 201);
    expect(kept.route).toBe("Plant-8");
  });

  test("of those who want the same route at once, in any letters, one gets it", async () => {
    const path = `/${await server.newDomain(owner)}/channels`;
    const replies = await Promise.all(
      ["race", "RACE", "Race"].map((route) => owner.call("POST", path, { route })),
    );
    expect(replies.map(({ status }) => status).toSorted()).toEqual([201, 409, 409]);
    expect((await owner.call("GET", path)).body.total).toBe(1);
  });

  test("channels from before whose routes differ in case alone keep them", async () => {
    const domainId = await server.newDomain(owner);
    const path = `/${domainId}/channels`;
    for (const route of ["one", "two"]) {
      requireStatus(await owner.call("POST", path, { route }), 201);
    }
    await server.deps.database.inTransaction(async (trx) => {
      await sql`drop index channels_by_lower_route`.execute(trx);
      await trx
        .updateTable("channel_details")
        .set({ route: "ONE" })
        .where("domain_id", "=", domainId)
        .where("route", "=", "two")
        .execute();
      for (const statement of channelRoutesByLetters) await sql.raw(statement).execute(trx);
    });
    const { channels } = (await owner.call("GET", path)).body;
    const routes = channels.map(({ route }: { route: string }) => route);
    expect(routes.toSorted()).toEqual(["ONE", "one"]);
    expect((await owner.call("POST", path, { route: "One" })).status).toBe(409);
  });

  test("a taken route is found by an index, in letters of any case", async () => {
    const plans = await explainReads(server.deps.database, ({ read }) =>
      findTakenRoutes(read, "d", ["Plant-7", "hall"]),
    );
    expect(plans.at(-1)).toContain("channels_by_lower_route");
  });

  test("any number of channels have no route", async () => {
    const domainId = await server.newDomain(owner);
    const made = await owner.call("POST", `/${domainId}/channels/bulk`, [{}, {}]);
    expect(made).toMatchObject({ status: 200, body: { total: 2 } });
    expect(made.body.channels[0]).not.toHaveProperty("route");
  });

  test("a route is no id, in letters of any case, and nothing is created", async () => {
    const path = `/${await server.newDomain(owner)}/channels`;
    const id = `a${randomUUID().slice(1)}`;
    requireStatus(await owner.call("POST", path, { id }), 201);
    const before = await readEverything(server.deps.database);
    const told = "must not be a UUID, which is the form of ids";
    for (const route of [id, id.toUpperCase(), `B${randomUUID().slice(1)}`]) {
      for (const body of [{ route }, { route, id: route.toLowerCase() }]) {
        expect(await owner.call("POST", path, body)).toMatchObject({
          status: 400,
          body: { code: "invalid_body", field: "route", message: `route: ${told}` },
        });
      }
      expect(await owner.call("POST", `${path}/bulk`, [{}, { route }])).toMatchObject({
        status: 400,
        body: { code: "invalid_body", field: "1.route", message: `1.route: ${told}` },
      });
    }
    expect(await readEverything(server.deps.database)).toBe(before);
    requireStatus(await owner.call("POST", path, { route: id.slice(0, 35) }), 201);
  });

  test("a route of another form is refused", async () => {
    const domainId = await server.newDomain(owner);
    for (const route of ["", "7x", "a__b", "a b", "a".repeat(37)]) {
      const refused = await owner.call("POST", `/${domainId}/channels`, { route });
      expect(refused, route).toMatchObject({ status: 400, body: { field: "route" } });
    }
  });
});
