import { afterAll, beforeAll, expect, test } from "vitest";
import { onEveryDatabase } from "./testing/on-every-database.ts";
import { requireStatus, startApp, type TestApp, type TestUser } from "./testing/start-app.ts";

const filterOfManyArrays = JSON.stringify({
  rows: Array.from({ length: 10 }, (_, index) => ({ [`k${index}`]: 1 })),
});
const metadata = { rows: Array.from({ length: 2_400 }, () => ({})) };

onEveryDatabase("searches that take too long", (kind) => {
  let server: TestApp;
  let ada: TestUser;
  let domainId: string;

  beforeAll(async () => {
    server = await startApp(kind, { environment: { TESSERA_LIST_TIMEOUT: "20ms" } });
    ada = await server.newUser();
    domainId = await server.newDomain(ada);
    // As many in each request as a body may have members.
    for (let part = 0; part < 47; part += 1) {
      // A user's large bodies of one moment are limited.
      server.clock.now += 10_000;
      const bodies = Array.from({ length: 10 }, () => ({ name: "pump", metadata }));
      requireStatus(await ada.call("POST", `/${domainId}/clients/bulk`, bodies), 200);
    }
  });
  afterAll(() => server.close());

  test("a search that takes longer than lists may is given up, with the filters that made it long", async () => {
    const query = `metadata=${encodeURIComponent(filterOfManyArrays)}&name=pump&limit=5`;
    const { status, body, headers } = await ada.call("GET", `/${domainId}/clients?${query}`);
    expect([status, body.code, headers["retry-after"]]).toEqual([503, "search_too_slow", "1"]);
    expect(body.message).toContain("with metadata, name took too long");
  });

  test("the time of a list that was given up does not count against the next one", async () => {
    for (let times = 0; times < 3; times += 1) {
      const { body } = await ada.call("GET", `/${domainId}/clients?name=nothing&limit=1`);
      expect(body).toMatchObject({ total: 0, clients: [] });
    }
  });

  test("twelve searches that run into the limit leave views, decisions and changes their answers", async () => {
    const query = `metadata=${encodeURIComponent(filterOfManyArrays)}`;
    const slow = Array.from({ length: 12 }, () => ada.call("GET", `/${domainId}/clients?${query}`));
    const bob = await server.newUser();
    const viewed = bob.call("POST", "/authorize", {
      domain_id: domainId,
      entity_type: "domains",
      entity_id: domainId,
      operation: "read",
    });
    const made = bob.call("POST", "/domains", {
      name: "Own",
      route: `own-${kind.name}`.toLowerCase(),
    });
    expect((await viewed).body.allowed).toBe(false);
    requireStatus(await made, 201);
    const codes = new Set((await Promise.all(slow)).map(({ body }) => body.code));
    expect([...codes].filter((code) => code !== "rate_limited")).toEqual(["search_too_slow"]);
  });

  test("a metadata filter of more than 4 KiB, 100 values or 10 nested elements is refused by name", async () => {
    for (const [filter, told] of [
      [{ a: "x".repeat(5_000) }, "4 KiB"],
      [{ a: Array.from({ length: 100 }, () => 1) }, "100 values"],
      [{ a: Array.from({ length: 11 }, () => ({})) }, "10 objects or arrays"],
    ] as const) {
      const query = `metadata=${encodeURIComponent(JSON.stringify(filter))}`;
      for (const path of [`/${domainId}/clients`, `/${domainId}/channels`, "/domains"]) {
        const { status, body } = await ada.call("GET", `${path}?${query}`);
        expect([status, body.code, body.field]).toEqual([400, "invalid_query", "metadata"]);
        expect(body.message).toContain(told);
      }
      const users = await server.admin.call("GET", `/users?${query}`);
      expect([users.status, users.body.field]).toEqual([400, "metadata"]);
    }
  });
});
