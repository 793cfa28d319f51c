import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startApp, type TestApp } from "../testing/start-app.ts";
import { openTestSqlite } from "../testing/test-databases.ts";

const sqlite = { name: "SQLite", open: openTestSqlite } as const;
const token = "a-token-for-the-scraper";

describe("the figures of a server without a token for them", () => {
  let server: TestApp;
  let behindProxy: TestApp;
  beforeAll(async () => {
    server = await startApp(sqlite);
    behindProxy = await startApp(sqlite, {
      environment: { TESSERA_TRUSTED_PROXIES: "127.0.0.1,198.51.100.0/24" },
    });
  });
  afterAll(() => Promise.all([server.close(), behindProxy.close()]));
  const ask = (remoteAddress: string, headers = {}) =>
    server.app.inject({ url: "/metrics", remoteAddress, headers });

  test.each(["127.0.0.1", "127.8.0.1", "::1", "::ffff:127.0.0.1"])(
    "are read from the machine itself (%s)",
    async (address) => {
      const answer = await ask(address);
      expect([answer.statusCode, answer.headers["content-type"]]).toEqual([
        200,
        expect.stringContaining("text/plain"),
      ]);
      expect(answer.body).toContain("tessera_http_requests_total");
    },
  );

  test.each(["tokens.example.org", "evil.example:8080", "192.0.2.1"])(
    "are refused to who reaches this machine by the name %s",
    async (host) => {
      expect((await ask("127.0.0.1", { host })).json()).toMatchObject({ code: "not_local" });
    },
  );

  test("are refused to everybody where a proxy stands before the server", async () => {
    const answer = await behindProxy.app.inject({ url: "/metrics", remoteAddress: "127.0.0.1" });
    expect(answer.json()).toMatchObject({ code: "not_local" });
  });

  test.each([
    ["another machine", "203.0.113.9", {}],
    ["a trusted proxy", "198.51.100.7", {}],
    ["another IPv6 machine", "2001:db8::1", {}],
    ["what a proxy on this machine passes on", "127.0.0.1", { "x-forwarded-for": "203.0.113.9" }],
    ["who says to be this machine", "198.51.100.7", { "x-forwarded-for": "127.0.0.1" }],
    [
      "who says so through a proxy on this machine",
      "127.0.0.1",
      { "x-forwarded-for": "127.0.0.1" },
    ],
    ["a proxy that names another header", "127.0.0.1", { forwarded: "for=127.0.0.1" }],
    ["a proxy that names itself only", "127.0.0.1", { via: "1.1 proxy" }],
    ["a proxy that tells no address", "127.0.0.1", { "x-forwarded-proto": "https" }],
  ])("are refused to %s", async (_, address, headers) => {
    const answer = await ask(address, headers);
    expect([answer.statusCode, answer.json().code]).toEqual([403, "not_local"]);
    expect(answer.body).not.toContain("tessera_http");
  });
});

describe("the figures of a server with a token for them", () => {
  let server: TestApp;
  beforeAll(async () => {
    server = await startApp(sqlite, { environment: { TESSERA_METRICS_TOKEN: token } });
  });
  afterAll(() => server.close());

  test("are read with it from everywhere", async () => {
    const headers = { authorization: `Bearer ${token}` };
    const far = { url: "/metrics", remoteAddress: "203.0.113.9", headers };
    expect((await server.app.inject(far)).statusCode).toBe(200);
  });

  test.each([undefined, "Bearer", "Bearer x", `Bearer ${token}x`, `Basic ${token}`, "admin"])(
    "are refused with %s, from this machine too",
    async (sent) => {
      const authorization = sent === "admin" ? `Bearer ${server.admin.accessToken}` : sent;
      const headers = authorization === undefined ? {} : { authorization };
      const answer = await server.app.inject({ url: "/metrics", headers });
      expect([answer.statusCode, answer.json().code]).toEqual([401, "unauthenticated"]);
      expect(answer.headers["www-authenticate"]).toMatch(/^Bearer/);
    },
  );
});

describe("the text of the figures", () => {
  let server: TestApp;
  beforeAll(async () => {
    server = await startApp(sqlite);
  });
  afterAll(() => server.close());
  const read = async () => (await server.app.inject("/metrics")).body;
  const requestsIn = (text: string) =>
    Number(/tessera_http_requests_total\{status="2xx"\} (\d+)/.exec(text)?.[1]);

  test("is as short after every route was asked as before", async () => {
    const linesOf = (text: string) => text.split("\n").length;
    const before = await read();
    for (const path of ["/pats", "/domains", "/users", "/catalogue", "/x/clients", "/nowhere"]) {
      for (const caller of [server.nobody, server.admin]) {
        for (const method of ["GET", "POST", "DELETE"]) await caller.call(method, path);
      }
    }
    server.clock.now += 1000;
    const after = await read();
    expect(after).not.toMatch(/route=|operation=/);
    expect(linesOf(after) - linesOf(before)).toBeLessThan(20);
    expect(after.length).toBeLessThan(20_000);
  });

  test("is made once a second for all who read it", async () => {
    server.clock.now += 1000;
    const [first, ...others] = await Promise.all(Array.from({ length: 20 }, read));
    for (const other of others) expect(other).toBe(first);
    expect(await read()).toBe(first);
    server.clock.now += 1000;
    expect(requestsIn(await read())).toBe(requestsIn(first ?? "") + 21);
  });
});
