import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { requireStatus, startApp, type TestApp, type TestUser } from "../../testing/start-app.ts";
import { testDatabases } from "../../testing/test-databases.ts";

for (const kind of testDatabases) {
  describe(`channels on ${kind.name}`, () => {
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

    test("any number of channels have no route", async () => {
      const domainId = await server.newDomain(owner);
      const made = await owner.call("POST", `/${domainId}/channels/bulk`, [{}, {}]);
      expect(made).toMatchObject({ status: 200, body: { total: 2 } });
      expect(made.body.channels[0]).not.toHaveProperty("route");
    });

    test("a route of another form is refused", async () => {
      const domainId = await server.newDomain(owner);
      for (const route of ["", "7x", "a__b", "a b", "a".repeat(37)]) {
        const refused = await owner.call("POST", `/${domainId}/channels`, { route });
        expect(refused, route).toMatchObject({ status: 400, body: { field: "route" } });
      }
    });
  });
}
