import { randomUUID } from "node:crypto";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { rmSync } from "node:fs";
import { accountEndpoints, createCatalogue, type Endpoint } from "@tessera/contract";
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sendAccountRequest } from "./testing/account-requests.ts";
import { buildWorld, requestTo, type World } from "./testing/operation-world.ts";
import { mailSettings, startApp, type TestApp } from "./testing/start-app.ts";
import { testDatabases } from "./testing/test-databases.ts";
import { makeWebFolder } from "./testing/web-folder.ts";

const catalogue = createCatalogue();
const endpoints: readonly Endpoint[] = [...catalogue.endpoints(), ...accountEndpoints];
const operations = new Set(catalogue.endpoints().map(({ id }) => id));
const changes = (endpoint: Endpoint) => endpoint.method !== "GET";
const html = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };
const [kind] = testDatabases;
if (kind === undefined) throw new Error("there is no database to test on");

const closedPolicy = "default-src 'none'; frame-ancestors 'none'";
type Headers = LightMyRequestResponse["headers"];

/** What no reply may lack. */
function expectGuarded(headers: Headers, told: string): void {
  expect(headers, told).toMatchObject({
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "content-security-policy": expect.stringMatching(
      /^default-src 'none';.*frame-ancestors 'none'$/,
    ),
  });
}

/** What no reply may lack that tells something about somebody. */
function expectPrivate(headers: Headers, told: string): void {
  expectGuarded(headers, told);
  expect(headers["cache-control"], told).toBe("no-store");
  expect(headers["content-security-policy"], told).toBe(closedPolicy);
}

describe("every route", () => {
  const routes = new Set<string>();
  let server: TestApp;
  let secure: TestApp;
  let shared: World;
  let webFolder: string;

  beforeAll(async () => {
    webFolder = makeWebFolder();
    const listen = (message: unknown) => {
      const { fastify } = message as { fastify: FastifyInstance };
      fastify.addHook("onRoute", ({ method, url, config }) => {
        if (config?.refusesMethods === true) return;
        for (const one of [method].flat()) routes.add(`${one} ${url}`);
      });
    };
    subscribe("fastify.initialization", listen);
    server = await startApp(kind, {
      environment: {
        TESSERA_SIGN_IN_FAILURES_PER_ADDRESS: "9999",
        TESSERA_TRUSTED_PROXIES: "127.0.0.1",
        ...mailSettings,
      },
      build: { webFolder },
    });
    unsubscribe("fastify.initialization", listen);
    secure = await startApp(kind, {
      environment: { TESSERA_PUBLIC_URL: "https://tokens.example.org" },
      build: { webFolder },
    });
    shared = await buildWorld(server);
  });
  afterAll(async () => {
    await server.close();
    await secure.close();
    rmSync(webFolder, { recursive: true });
  });

  const ask = (url: string, options: Partial<InjectOptions> = {}, app = server.app) =>
    app.inject({ method: "GET", url, ...options });

  test.each(endpoints.map((endpoint) => [endpoint.id, endpoint] as const))(
    "%s says of its success and of its refusal that nobody may keep, frame or sniff it",
    async (_, endpoint) => {
      const world = changes(endpoint) ? await buildWorld(server) : shared;
      const path = endpoint.path.replaceAll(/:(\w+)/g, "{$1}");
      const done = operations.has(endpoint.id)
        ? await requestTo(endpoint, world).send(world.owner)
        : await sendAccountRequest({ ...endpoint, path }, world, server);
      expect(done.status).toBe(endpoint.status);
      expectPrivate(done.headers, "success");
      const unknown = endpoint.path.replaceAll(/:\w+/g, () => randomUUID());
      for (const caller of [server.nobody, world.owner]) {
        for (const address of [unknown, `${unknown}?limit=1&limit=2`]) {
          const answer = await caller.call(
            endpoint.method,
            address,
            changes(endpoint) ? "{" : undefined,
          );
          expectPrivate(answer.headers, `${endpoint.method} ${address} ${answer.status}`);
        }
      }
    },
  );

  test("that no row describes is one of those below", () => {
    const ofRows = new Set(
      endpoints.flatMap(({ method, path }) =>
        method === "GET" ? [`GET ${path}`, `HEAD ${path}`] : [`${method} ${path}`],
      ),
    );
    const others = [...routes].filter((route) => !ofRows.has(route));
    expect(others.filter((route) => !/^\w+ \/forward-auth/.test(route)).toSorted()).toEqual(
      [
        "/",
        "/assets/*",
        "/calendar/:feed.ics",
        "/docs",
        "/docs/reference.css",
        "/favicon.svg",
        "/metrics",
        "/openapi.json",
        "/seen-request",
      ]
        .flatMap((path) => [`GET ${path}`, `HEAD ${path}`])
        .toSorted(),
    );
    expect([...ofRows].filter((route) => !routes.has(route))).toEqual([]);
  });

  test.each(["GET", "HEAD"] as const)(
    "of the app answers %s with the page's own policy, and with what may be kept for ever",
    async (method) => {
      const page = await ask("/pats", { method, headers: html });
      expectGuarded(page.headers, "page");
      expect(page.headers).toMatchObject({
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": expect.stringContaining("script-src 'self';"),
        "cache-control": "public, max-age=0",
        "cross-origin-opener-policy": "same-origin",
        "permissions-policy": expect.stringContaining("camera=()"),
      });
      for (const [path, keeps] of [
        ["/assets/main-1.js", "public, max-age=31536000, immutable"],
        ["/favicon.svg", "public, max-age=0"],
        ["/openapi.json", "no-cache"],
        ["/docs/reference.css", "no-cache"],
      ] as const) {
        const { statusCode, headers } = await ask(path, { method });
        expect([statusCode, headers["cache-control"]], path).toEqual([200, keeps]);
        expectGuarded(headers, path);
        expect(headers["content-security-policy"], path).toBe(closedPolicy);
      }
      const reference = await ask("/docs", { method, headers: html });
      expectGuarded(reference.headers, "docs");
      expect(reference.headers["content-security-policy"]).toContain("style-src 'self';");
      expect(reference.headers["content-security-policy"]).not.toContain("script-src");
    },
  );

  test("of a file that is not there, and of none at all, is not kept", async () => {
    for (const path of ["/assets/gone.js", "/assets/", "/gone.js", "/no/such/route"]) {
      const answer = await ask(path);
      expect([answer.statusCode, answer.json().code], path).toEqual([404, "unknown_route"]);
      expectPrivate(answer.headers, path);
    }
  });

  test.each(["/%", "/assets/%", `/${"x".repeat(300)}/clients`, "/domains/%00", "/%ff"])(
    "that is no address (%s) answers with the error table's form",
    async (url) => {
      const answer = await ask(url);
      expect(answer.statusCode).toBeGreaterThanOrEqual(400);
      expect(answer.statusCode).toBeLessThan(500);
      expect(answer.json()).toMatchObject({
        code: expect.any(String),
        message: expect.any(String),
      });
      expectPrivate(answer.headers, url);
    },
  );

  test("of the gateway keeps who it is, and says nothing of https in another service's name", async () => {
    const answers = await Promise.all(
      [server, secure].map(async ({ app, admin }) =>
        ask("/forward-auth", { headers: { authorization: `Bearer ${admin.accessToken}` } }, app),
      ),
    );
    for (const { headers, statusCode } of answers) {
      expect([statusCode, headers["x-tessera-error"]]).toEqual([403, "no_rule"]);
      expectPrivate(headers, "gateway");
      expect(headers).not.toHaveProperty("strict-transport-security");
      expect(headers).not.toHaveProperty("vary");
    }
  });

  test("whose address the app and the API share says that the answer depends on what is asked for", async () => {
    const varies = async (url: string, headers = {}) =>
      String((await ask(url, { headers })).headers.vary ?? "").split(", ");
    for (const headers of [{}, html]) {
      expect(await varies("/pats", headers)).toEqual(
        expect.arrayContaining(["accept", "authorization"]),
      );
    }
    expect(await varies("/no/such/route")).toContain("accept");
    expect(await varies("/pats", { ...html, "accept-encoding": "br" })).toContain("accept");
    expect(await varies("/assets/main-1.js")).not.toContain("accept");
    expect(await varies("/health")).toEqual([""]);
  });

  test("tells browsers to stay with https where people come by https, and only there", async () => {
    const urls = ["/", "/pats", "/health", "/docs", "/assets/main-1.js", "/gone", "/%"];
    const policies = async (app: FastifyInstance, headers = {}) =>
      Promise.all(
        urls.map(
          async (url) => (await ask(url, { headers }, app)).headers["strict-transport-security"],
        ),
      );
    const always = urls.map(() => "max-age=31536000");
    expect(await policies(secure.app)).toEqual(always);
    // Of an address that is none Fastify does not ask the proxy; every other reply tells it.
    const byProxy = await policies(server.app, { "x-forwarded-proto": "https" });
    expect(byProxy.slice(0, -1)).toEqual(always.slice(0, -1));
    expect(await policies(server.app)).toEqual(urls.map(() => undefined));
    const untrusted = await ask("/health", {
      headers: { "x-forwarded-proto": "https" },
      remoteAddress: "198.51.100.7",
    });
    expect(untrusted.headers).not.toHaveProperty("strict-transport-security");
  });
});
