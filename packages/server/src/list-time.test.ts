import { afterAll, beforeAll, expect, test } from "vitest";
import { onEveryDatabase } from "./testing/on-every-database.ts";
import { requireStatus, startApp, type TestApp, type TestUser } from "./testing/start-app.ts";

const filter = JSON.stringify({
  rows: Array.from({ length: 10 }, (_, index) => ({ [`k${index}`]: 1 })),
});
const search = `metadata=${encodeURIComponent(filter)}`;
/** Looking through it takes a hundred times as long as the lists of a minute may here. */
const metadata = { rows: Array.from({ length: 2_400 }, () => ({})) };

for (const [what, timeout, status] of [
  ["just below the limit", "20s", 200],
  ["given up", "20ms", 503],
] as const) {
  onEveryDatabase(`searches that are ${what}`, (kind) => {
    let server: TestApp;
    let ada: TestUser;
    let domainId: string;

    beforeAll(async () => {
      server = await startApp(kind, {
        environment: { TESSERA_LIST_TIMEOUT: timeout, TESSERA_LIST_TIME_PER_MINUTE: "1ms" },
      });
      ada = await server.newUser();
      domainId = await server.newDomain(ada);
      // As many in each request as a body may have members.
      for (let part = 0; part < 19; part += 1) {
        // A user's large bodies of one moment are limited.
        server.clock.now += 10_000;
        const bodies = Array.from({ length: 10 }, () => ({ name: "pump", metadata }));
        requireStatus(await ada.call("POST", `/${domainId}/clients/bulk`, bodies), 200);
      }
    });
    afterAll(() => server.close());

    const find = (caller: Pick<TestUser, "call">) =>
      caller.call("GET", `/${domainId}/clients?${search}`);

    test("use up their user's time for lists, and nothing else of anybody", async () => {
      expect((await find(ada)).status).toBe(status);
      const refused = await ada.call("GET", `/${domainId}/channels`);
      expect([refused.status, refused.body.code]).toEqual([429, "rate_limited"]);
      expect(refused.body.message).toContain("1 ms of the database a minute");
      const seconds = Number(refused.headers["retry-after"]);
      expect(seconds).toBeGreaterThan(1);
      requireStatus(await ada.call("GET", `/domains/${domainId}`), 200);
      requireStatus(await ada.call("POST", `/${domainId}/channels`, { name: "a" }), 201);
      const bob = await server.newUser();
      expect((await bob.call("GET", "/domains")).status).not.toBe(429);
      server.clock.now += seconds * 1000;
      const again = await server.signIn(ada.username, ada.password);
      expect((await find(again)).status).not.toBe(429);
    });
  });
}
