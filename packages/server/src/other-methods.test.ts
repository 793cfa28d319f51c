import { rmSync } from "node:fs";
import { METHODS } from "node:http";
import { accountEndpoints, createCatalogue, type Endpoint } from "@tessera/contract";
import type { InjectOptions } from "fastify";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readEverything } from "./testing/everything-stored.ts";
import { startApp, type TestApp, type TestUser } from "./testing/start-app.ts";
import { openTestSqlite } from "./testing/test-databases.ts";
import { makeWebFolder } from "./testing/web-folder.ts";

const endpoints: readonly Endpoint[] = [...createCatalogue().endpoints(), ...accountEndpoints];
const someId = "00000000-0000-4000-8000-000000000000";
const html = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };

let testApp: TestApp;
let ada: TestUser;
let domainId: string;
let webFolder: string;
beforeAll(async () => {
  webFolder = makeWebFolder();
  const kind = { name: "SQLite", open: openTestSqlite } as const;
  testApp = await startApp(kind, { build: { webFolder } });
  ada = await testApp.newUser();
  domainId = await testApp.newDomain(ada);
});
afterAll(async () => {
  await testApp.close();
  rmSync(webFolder, { recursive: true });
});

const ask = (method: string, url: string, options: Partial<InjectOptions> = {}) =>
  testApp.app.inject({ method: method as "GET", url, ...options });

/** Every path of a row, with all that its rows know; parameters of any name are one. */
function knownPaths(): ReadonlyMap<string, ReadonlySet<string>> {
  const known = new Map<string, Set<string>>();
  for (const { method, path } of endpoints) {
    const url = path.replaceAll(/:\w+/g, someId);
    const methods = known.get(url) ?? new Set();
    known.set(url, methods.add(method));
    if (method === "GET") methods.add("HEAD");
  }
  return known;
}

test("every path answers 405 to every method that it does not know, and names those it does", async () => {
  const before = await readEverything(testApp.deps.database);
  for (const [url, methods] of knownPaths()) {
    const allow = [...methods].toSorted().join(", ");
    for (const method of ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]) {
      if (methods.has(method)) continue;
      for (const headers of [{}, { authorization: ada.authorization ?? "" }]) {
        const reply = await ask(method, url, { headers });
        expect([reply.statusCode, reply.headers.allow], `${method} ${url}`).toEqual([405, allow]);
        if (method === "HEAD") continue;
        expect(reply.json()).toEqual({
          message: `This path knows ${allow}`,
          code: "method_not_allowed",
          request_id: expect.any(String),
        });
      }
    }
  }
  expect(await readEverything(testApp.deps.database)).toEqual(before);
});

test("a method of which few have heard is like any other", async () => {
  for (const method of METHODS.filter((name) => name !== "CONNECT")) {
    const reply = await ask(method, "/session");
    if (method === "POST" || method === "DELETE") continue;
    expect([method, reply.statusCode]).toEqual([method, 405]);
    // The framework looks at its content type first.
    if (method === "QUERY") continue;
    expect([method, (await ask(method, "/no/such/route")).statusCode]).toEqual([method, 404]);
  }
});

test("a 405 tells nobody whether the object exists, nor asks who they are", async () => {
  const told = async (url: string, authorization?: string) => {
    const headers = authorization === undefined ? {} : { authorization };
    const { statusCode, headers: sent, body } = await ask("PUT", url, { headers });
    const { request_id: _, ...told } = JSON.parse(body);
    const { date: __, "content-length": ___, ...others } = sent;
    return { statusCode, told, others };
  };
  const there = await told(`/domains/${domainId}`, ada.authorization);
  for (const url of [`/domains/${domainId}`, `/domains/${someId}`, "/domains/no-id"]) {
    for (const bearer of [undefined, ada.authorization, testApp.admin.authorization, "Bearer x"]) {
      expect(await told(url, bearer), url).toEqual(there);
    }
  }
  expect(there.statusCode).toBe(405);
});

test.each([
  ["DELETE", "/users/profile", "GET, HEAD"],
  ["GET", "/users/secret", "PATCH"],
  ["PATCH", `/${someId}/clients/bulk`, "POST"],
  ["POST", "/pats/", undefined],
  ["PUT", "/pats/", "DELETE, GET, HEAD, POST"],
  ["PUT", "/pats?name=x", "DELETE, GET, HEAD, POST"],
  ["POST", "/", "GET, HEAD"],
  ["POST", "/assets/main-1.js", "GET, HEAD"],
  ["DELETE", "/favicon.svg", "GET, HEAD"],
  ["PUT", "/docs", "GET, HEAD"],
  ["POST", "/openapi.json", "GET, HEAD"],
  ["POST", "/metrics", "GET, HEAD"],
  ["POST", "/seen-request", "GET, HEAD"],
  ["TRACE", "/forward-auth", "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"],
  ["TRACE", "/forward-auth/some/path", "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"],
])("%s %s is answered by the path that is named most exactly: %s", async (method, url, allow) => {
  // What a browser navigates to is a page of the app.
  for (const headers of method === "GET" ? [{}] : [{}, html]) {
    const reply = await ask(method, url, { headers });
    expect([reply.statusCode === 405, reply.headers.allow]).toEqual([allow !== undefined, allow]);
  }
});

test.each(["/password/reset", "/password/reset/", "/users/secret", "/invitations/accept"])(
  "a browser that goes to %s, where the API reads nothing, gets the app's page, and a program 405",
  async (url) => {
    const page = await ask("GET", url, { headers: html });
    expect([page.statusCode, page.headers["content-type"]]).toEqual([
      200,
      "text/html; charset=utf-8",
    ]);
    expect(page.headers.vary).toMatch(/accept/i);
    expect((await ask("GET", url)).statusCode).toBe(405);
  },
);

test("what changes or deletes is not reached with an empty id, which would mean all objects", async () => {
  const { id } = await testApp.newToken(ada, domainId, ["clients:view"]);
  const before = await readEverything(testApp.deps.database);
  const headers = { authorization: ada.authorization };
  for (const url of ["/pats/", "/pats/?x", "/pats/?x=/", `/domains/${domainId}/roles/`]) {
    const reply = await ask("DELETE", url, { headers });
    expect([url, reply.statusCode, reply.json().code]).toEqual([url, 404, "unknown_route"]);
  }
  const change = { headers, payload: { name: "another" } };
  expect((await ask("PATCH", `/domains/${domainId}/`, change)).statusCode).toBe(404);
  expect(await readEverything(testApp.deps.database)).toEqual(before);
  expect((await ask("GET", `/pats/${id}/`, { headers })).statusCode).toBe(200);
});

test("a path that no route has stays unknown, whatever the method", async () => {
  for (const url of ["/no/such/route", `/${someId}/gadgets`, "/pats/a/b/c/d", "/sign-in"]) {
    for (const method of ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]) {
      const reply = await ask(method, url);
      expect([reply.statusCode, reply.headers.allow], `${method} ${url}`).toEqual([404, undefined]);
    }
  }
});

test("a file that is not there is unknown, though its folder's path knows the method", async () => {
  for (const method of ["GET", "HEAD"]) {
    const reply = await ask(method, "/assets/gone.js");
    expect([reply.statusCode, reply.headers.allow], method).toEqual([404, undefined]);
  }
});

test("a body that comes with a wrong method is not read", async () => {
  const payload = "x".repeat(2 * 1024 * 1024);
  const headers = { "content-type": "application/json" };
  expect((await ask("PUT", "/pats", { payload, headers })).statusCode).toBe(405);
});

test("HEAD is answered wherever GET is, without a body", async () => {
  const headers = { authorization: ada.authorization ?? "" };
  const reply = await ask("HEAD", `/domains/${domainId}`, { headers });
  expect([reply.statusCode, reply.body]).toEqual([200, ""]);
  expect((await ask("HEAD", `/domains/${domainId}`)).statusCode).toBe(401);
});
