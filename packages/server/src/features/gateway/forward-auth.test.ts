import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { InjectOptions } from "fastify";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { exampleCatalogueFile } from "../../testing/example-catalogue.ts";
import { onEveryDatabase } from "../../testing/on-every-database.ts";
import { startApp, type TestApp, type TestUser } from "../../testing/start-app.ts";
import { newMember } from "../../testing/test-people.ts";

type Headers = Readonly<Record<string, string | string[]>>;

const file = exampleCatalogueFile();
const routes = file.routes as readonly object[];

onEveryDatabase("a gateway's question", (kind) => {
  let server: TestApp;
  let ada: TestUser;
  let domainId: string;
  let webFolder: string;
  let token: { readonly id: string; readonly secret: string };

  beforeAll(async () => {
    webFolder = mkdtempSync(join(tmpdir(), "tessera-web-"));
    writeFileSync(join(webFolder, "index.html"), "<!doctype html>the web app");
    server = await startApp(kind, {
      file: {
        ...file,
        routes: [
          ...routes,
          { method: "GET", path: "/{domain}", operation: "domains.read" },
          {
            method: "GET",
            path: "/{domain}/rules/{id}/live",
            operation: "rules.view",
            websocket: true,
          },
          { method: "GET", path: "/devices/{domain}/{id}", operation: "clients.view" },
        ],
      },
      environment: { TESSERA_USAGE_FLUSH_INTERVAL: "20ms" },
      build: { webFolder },
    });
    ada = await server.newUser();
    domainId = await server.newDomain(ada);
    token = await server.newToken(ada, domainId, ["rules:view:rule-7", "rules:list"]);
  });
  afterAll(async () => {
    await server.close();
    rmSync(webFolder, { recursive: true });
  });

  /** As nginx asks: always with GET, with what was asked for in two headers. */
  const asNginx = (method: string, target: string, headers: Headers = {}) =>
    ask({ "x-original-method": method, "x-original-uri": target, ...headers });

  async function ask(headers: Headers, options: Partial<InjectOptions> = {}) {
    const answer = await server.app.inject({
      method: "GET",
      url: "/forward-auth",
      ...options,
      headers: { authorization: `Bearer ${token.secret}`, ...headers },
    });
    return { status: answer.statusCode, headers: answer.headers, text: answer.body };
  }

  const rule = () => `/${domainId}/rules/rule-7`;

  test("is answered with who it is and what it is, and nothing else", async () => {
    const { status, headers, text } = await asNginx("GET", rule());
    expect([status, text]).toEqual([200, ""]);
    const identity = Object.entries(headers).filter(([name]) => name.startsWith("x-tessera"));
    expect(Object.fromEntries(identity)).toEqual({
      "x-tessera-principal": "token",
      "x-tessera-user": ada.id,
      "x-tessera-token": token.id,
      "x-tessera-token-expires": headers["tessera-token-expires"],
      "x-tessera-domain": domainId,
      "x-tessera-operation": "rules.view",
    });
  });

  test("about a session names no token", async () => {
    const authorization = `Bearer ${ada.accessToken}`;
    const { status, headers } = await asNginx("DELETE", rule(), { authorization });
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      "x-tessera-principal": "session",
      "x-tessera-operation": "rules.delete",
    });
    expect(headers).not.toHaveProperty("x-tessera-token");
  });

  test("about another object, another operation or another domain is answered with 403", async () => {
    const other = await server.newDomain(ada);
    for (const [method, target] of [
      ["GET", `/${domainId}/rules/rule-8`],
      ["DELETE", rule()],
      ["GET", `/${other}/rules/rule-7`],
      ["GET", `/${domainId}/reports/configs`],
    ] as const) {
      const { status, headers } = await asNginx(method, target);
      expect([status, headers["x-tessera-error"]]).toEqual([403, "scope_missing"]);
      expect(headers).not.toHaveProperty("x-tessera-user");
    }
  });

  test("without an id is about all objects, which one object's scope does not cover", async () => {
    expect((await asNginx("GET", `/${domainId}/rules`)).status).toBe(200);
    const one = await server.newToken(ada, domainId, ["rules:list:rule-7"]);
    const authorization = `Bearer ${one.secret}`;
    expect((await asNginx("GET", `/${domainId}/rules`, { authorization })).status).toBe(403);
  });

  test("about the domain, or about an object that is kept here, is decided like any other", async () => {
    const made = await ada.call("POST", `/${domainId}/clients`, { name: "pump" });
    const scopes = ["domains:read", `clients:view:${made.body.id}`];
    const reader = await server.newToken(ada, domainId, scopes);
    const authorization = `Bearer ${reader.secret}`;
    const domain = await asNginx("GET", `/${domainId}`, { authorization });
    expect([domain.status, domain.headers["x-tessera-operation"]]).toEqual([200, "domains.read"]);
    const client = `/devices/${domainId}/${made.body.id}`;
    expect((await asNginx("GET", client, { authorization })).status).toBe(200);
    expect((await asNginx("GET", client)).status).toBe(403);
  });

  test("is decided by what the owner may do now", async () => {
    const bob = await newMember(server, ada, domainId, ["read", "rule_read"]);
    const bobs = await server.newToken(bob, domainId, ["rules:view", "rules:delete"]);
    const authorization = `Bearer ${bobs.secret}`;
    expect((await asNginx("GET", rule(), { authorization })).status).toBe(200);
    const refused = await asNginx("DELETE", rule(), { authorization });
    expect(refused.headers["x-tessera-error"]).toBe("owner_lacks_permission");
    await ada.call("DELETE", `/domains/${domainId}/roles`, { member_ids: [bob.id] });
    expect((await asNginx("GET", rule(), { authorization })).status).toBe(403);
  });

  test("about a revoked token is answered with 401 and the challenge", async () => {
    const revoked = await server.newToken(ada, domainId, ["rules:view"]);
    await ada.call("PATCH", `/pats/${revoked.id}/secret/revoke`);
    const authorization = `Bearer ${revoked.secret}`;
    const { status, headers } = await asNginx("GET", rule(), { authorization });
    expect([status, headers["x-tessera-error"]]).toEqual([401, "token_revoked"]);
    expect(headers["www-authenticate"]).toContain('error="invalid_token"');
  });

  test("without a bearer is answered with 401, whatever cookies come along", async () => {
    const signedIn = await server.app.inject({
      method: "POST",
      url: "/session",
      headers: { "x-tessera-csrf": "1" },
      payload: { username: ada.username, password: ada.password },
    });
    expect(signedIn.statusCode).toBe(201);
    const cookie = signedIn.cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
    const headers = { "x-original-method": "GET", "x-original-uri": rule(), cookie };
    const answer = await server.app.inject({ url: "/forward-auth", headers });
    expect(answer.statusCode).toBe(401);
    const own = { cookie, "x-tessera-csrf": "1" };
    expect((await server.app.inject({ url: "/users/profile", headers: own })).statusCode).toBe(200);
  });

  test("of a browser's navigation is answered with 401, not with the web app's page", async () => {
    const accept = "text/html,application/xhtml+xml";
    const page = await server.app.inject({ url: `/${domainId}/rules`, headers: { accept } });
    expect(page.body).toContain("the web app");
    for (const url of ["/forward-auth", "/forward-auth?x", `/forward-auth${rule()}`]) {
      const headers = { accept, "x-original-method": "GET", "x-original-uri": rule() };
      const answer = await server.app.inject({ url, headers });
      expect([answer.statusCode, answer.body.includes("the web app")]).toEqual([401, false]);
    }
  });

  test("for which there is no rule is refused", async () => {
    for (const [method, target] of [
      ["PUT", rule()],
      ["GET", `${rule()}/history`],
      ["GET", "/"],
      ["GET", `/${domainId.toUpperCase()}/rules/rule-7`],
    ] as const) {
      const { status, headers } = await asNginx(method, target);
      expect([status, headers["x-tessera-error"]]).toEqual([403, "no_rule"]);
    }
  });

  test.each(["/%2e%2e", "%2Fx", "/", "//x", "%00", "%5Cx", ";x"])(
    "whose path ends in %s is refused as ambiguous or has no rule",
    async (end) => {
      const { status, headers } = await asNginx("GET", `${rule()}${end}`);
      expect(status).toBe(403);
      expect(["ambiguous_request", "no_rule"]).toContain(headers["x-tessera-error"]);
    },
  );

  test("is the same whatever the query says", async () => {
    for (const query of ["?", "?/../../x", `?x=/${domainId}/reports`, "?%2F%00"]) {
      const { status, headers } = await asNginx("GET", `${rule()}${query}`);
      expect([status, headers["x-tessera-operation"]]).toEqual([200, "rules.view"]);
    }
  });

  test("about HEAD is one about GET", async () => {
    const { status, headers } = await asNginx("HEAD", rule());
    expect([status, headers["x-tessera-operation"]]).toEqual([200, "rules.view"]);
  });

  test("may come as Traefik and Caddy ask", async () => {
    const headers = { "x-forwarded-method": "GET", "x-forwarded-uri": `${rule()}?x=1` };
    expect((await ask({ ...headers, "x-forwarded-host": "plant.example" })).status).toBe(200);
  });

  test("may come as Envoy asks: with the method and the path themselves", async () => {
    expect((await ask({}, { url: `/forward-auth${rule()}?x=1` })).status).toBe(200);
    const deleting = await ask({}, { method: "DELETE", url: `/forward-auth${rule()}` });
    expect(deleting.headers["x-tessera-error"]).toBe("scope_missing");
    const body = { method: "PATCH", url: `/forward-auth${rule()}`, payload: "not JSON" } as const;
    expect((await ask({}, body)).headers["x-tessera-error"]).toBe("scope_missing");
  });

  test.each<[string, (path: string) => [Headers, Partial<InjectOptions>?]]>([
    ["two addresses", (path) => [{ ...nginx(path), "x-forwarded-uri": `${path}8` }]],
    ["two methods", (path) => [{ ...nginx(path), "x-forwarded-method": "DELETE" }]],
    ["a method more", (path) => [{ ...nginx(path), "x-forwarded-method": "GET" }]],
    ["an address twice", (path) => [{ ...nginx(path), "x-original-uri": [path, path] }]],
    ["a method twice", (path) => [{ ...nginx(path), "x-original-method": ["GET", "GET"] }]],
    ["an address and a path", (path) => [nginx(`${path}8`), { url: `/forward-auth${path}` }]],
  ])("that names %s is refused as ambiguous", async (_, questionAbout) => {
    const answer = await ask(...questionAbout(rule()));
    expect([answer.status, answer.headers["x-tessera-error"]]).toEqual([403, "ambiguous_request"]);
  });

  test.each<[string, (path: string) => string]>([
    ["in an encoded way", (path) => `/%66orward-auth${path}8`],
    ["in an encoded way, with nothing behind", () => "/%66orward-auth"],
  ])("that is asked %s is refused as ambiguous", async (_, urlOf) => {
    for (const extra of [{}, nginx(rule())]) {
      const answer = await ask(extra, { url: urlOf(rule()) });
      expect([answer.status, answer.headers["x-tessera-error"]]).toEqual([
        403,
        "ambiguous_request",
      ]);
    }
  });

  test("that is asked in absolute form is refused as ambiguous", async () => {
    await server.app.listen({ port: 0, host: "127.0.0.1" });
    const { port } = server.app.server.address() as AddressInfo;
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const path = `http://plant.example/forward-auth${rule()}8`;
      const headers = { authorization: `Bearer ${token.secret}`, ...nginx(rule()) };
      request({ port, host: "127.0.0.1", path, headers, agent: false }, (reply) => {
        reply.resume();
        resolve(reply.statusCode);
      })
        .on("error", reject)
        .end();
    });
    expect(status).toBe(403);
  });

  const webSocket = { connection: "Upgrade", upgrade: "websocket", "sec-websocket-key": "eA==" };
  const h2c = { connection: "Upgrade, HTTP2-Settings", upgrade: "h2c", "http2-settings": "AAMA" };

  test.each<[string, Headers]>([
    ["HTTP/2", h2c],
    ["HTTP/2 in other letters", { ...h2c, upgrade: "H2C" }],
    ["HTTP/2 beside a websocket", { ...webSocket, upgrade: ["websocket", "h2c"] }],
    ["HTTP/2 in a list with a websocket", { ...webSocket, upgrade: "websocket, h2c" }],
    ["TLS", { connection: "Upgrade", upgrade: "TLS/1.0" }],
    ["anything, with an empty name", { connection: "Upgrade", upgrade: "" }],
    ["HTTP/2, by a gateway that keeps the name to itself", { "http2-settings": "AAMA" }],
  ])("about a connection that becomes %s is refused, whatever its path", async (_, upgrade) => {
    for (const target of [rule(), `${rule()}/live`]) {
      const headers = { "x-forwarded-method": "GET", "x-forwarded-uri": target, ...upgrade };
      const answer = await ask(headers);
      expect([answer.status, answer.headers["x-tessera-error"]]).toEqual([
        403,
        "ambiguous_request",
      ]);
    }
  });

  test("about a websocket is allowed only by a rule that is for one", async () => {
    const keptNames = ["sec-websocket-key", "sec-websocket-version", "sec-websocket-key1"];
    const kept = keptNames.map((name) => ({ [name]: "eA==" }));
    for (const upgrade of [webSocket, { ...webSocket, upgrade: "WebSocket" }, ...kept]) {
      const plain = await asNginx("GET", rule(), upgrade);
      expect([plain.status, plain.headers["x-tessera-error"]]).toEqual([403, "no_rule"]);
      const live = await asNginx("GET", `${rule()}/live`, upgrade);
      expect([live.status, live.headers["x-tessera-operation"]]).toEqual([200, "rules.view"]);
    }
    expect((await asNginx("GET", `/${domainId}/rules/rule-8/live`, webSocket)).status).toBe(403);
    expect((await asNginx("GET", `${rule()}/live`)).status).toBe(200);
  });

  test("about a request that nginx sends on without its upgrade is one about the request", async () => {
    expect((await asNginx("GET", rule(), { "http2-settings": "AAMA" })).status).toBe(200);
  });

  test("that names no request is refused", async () => {
    expect((await ask({})).headers["x-tessera-error"]).toBe("no_rule");
    expect((await ask({ "x-original-uri": rule() })).headers["x-tessera-error"]).toBe("no_rule");
  });

  test("counts as a use of the token and of the scope, when it is allowed", async () => {
    const used = await server.newToken(ada, domainId, ["rules:view", "rules:list"]);
    const authorization = `Bearer ${used.secret}`;
    for (const method of ["GET", "HEAD", "DELETE"])
      await asNginx(method, rule(), { authorization });
    await vi.waitFor(async () => {
      const { body } = await ada.call("GET", `/pats/${used.id}`);
      expect(body.use_count).toBe(2);
    }, 10_000);
    const { body } = await ada.call("GET", `/pats/${used.id}/scope`);
    const uses = body.scopes.map((scope: { operation: string; use_count: number }) => [
      scope.operation,
      scope.use_count,
    ]);
    expect(Object.fromEntries(uses)).toEqual({ view: 2, list: 0 });
  });
});

function nginx(target: string): Headers {
  return { "x-original-method": "GET", "x-original-uri": target };
}
