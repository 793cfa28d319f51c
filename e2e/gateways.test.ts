import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { freePort } from "./free-port.ts";
import { block, gateways } from "./gateway-programs.ts";
import {
  newDataDir,
  removeDataDir,
  type ServerProcess,
  startServerProcess,
} from "./server-process.ts";

const admin = { username: "admin@example.test", password: "first-admin-pass-1" };
const h2c = {
  connection: "Upgrade, HTTP2-Settings",
  upgrade: "h2c",
  "http2-settings": "AAMAAABkAARAAAAAAAIAAAAA",
};
const webSocket = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  "sec-websocket-version": "13",
};

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
}

type Headers = Readonly<Record<string, string | string[]>>;

/** By which some services take another method or path than that of the request line. */
const overrides = [
  "x-http-method-override",
  "x-http-method",
  "x-method-override",
  "x-original-url",
  "x-rewrite-url",
  "x-forwarded-method",
  "x-forwarded-uri",
];

let dataDir: string;
let tessera: ServerProcess;
let service: Server;
let session: string | undefined;
let domainId: string;
/** What has reached the service. */
const reached: IncomingMessage[] = [];

beforeAll(async () => {
  dataDir = await newDataDir();
  const settings = join(dataDir, "tessera.yaml");
  const [, live] = block("yaml", "websocket: true").split("routes:\n");
  await writeFile(settings, `${block("yaml", "# tessera.yaml")}${live}log_level: warn\n`);
  tessera = await startServerProcess(dataDir, {
    TESSERA_CONFIG: settings,
    TESSERA_ADMIN_EMAIL: admin.username,
    TESSERA_ADMIN_PASSWORD: admin.password,
  });
  service = createServer((incoming, outgoing) => {
    reached.push(incoming);
    outgoing.end("a rule");
  }).listen(0, "127.0.0.1");
  // A service that takes every offer.
  service.on("upgrade", (incoming, socket) => {
    reached.push(incoming);
    const { upgrade } = incoming.headers;
    socket.end(`HTTP/1.1 101 Well\r\nConnection: Upgrade\r\nUpgrade: ${upgrade}\r\n\r\n`);
  });
  await once(service, "listening");
  session = (await api("POST", "/users/tokens/issue", admin)).access_token;
  domainId = (await api("POST", "/domains", { name: "Plant 7", route: "plant-7" })).id;
});
afterAll(async () => {
  service?.closeAllConnections();
  service?.close();
  await tessera?.stop();
  await removeDataDir(dataDir);
});
beforeEach(() => {
  reached.length = 0;
});

test("every configuration drops what names another method or path, and another connection", () => {
  const names = [...overrides, "x-original-method", "x-original-uri"];
  const hops = ["connection", "upgrade", "http2-settings"];
  for (const [language, text, dropped] of [
    ["nginx", "auth_request", [...names, ...hops]],
    ["caddyfile", "forward_auth", [...names, ...hops]],
    ["yaml", "customRequestHeaders", [...names, ...hops]],
    ["yaml", "envoy.filters", names],
  ] as const) {
    const written = block(language, text).toLowerCase();
    for (const name of dropped) expect(written).toMatch(new RegExp(`(-|: |_|\\s)${name}(:|\\s)`));
  }
});

describe.each(gateways)(
  "a service behind $name, configured as docs/gateways.md says",
  (gateway) => {
    let program: ChildProcess;
    let port: number;
    let token: string;
    let tokenId: string;

    beforeAll(async () => {
      [program, port] = await start(false);
      const scope = { domain_id: domainId, entity_type: "rules" };
      const made = await api("POST", "/pats", {
        name: `ci at ${gateway.name}`,
        duration: "1h",
        scopes: [
          { ...scope, entity_id: "rule-7", operation: "view" },
          { ...scope, entity_id: "*", operation: "list" },
        ],
      });
      token = made.secret;
      tokenId = made.id;
    });
    afterAll(() => {
      program?.kill("SIGTERM");
    });

    async function start(letsWebSocketsThrough: boolean): Promise<[ChildProcess, number]> {
      const free = await freePort();
      const folder = join(dataDir, `${gateway.name}-${free}`);
      await mkdir(folder);
      const places = {
        listen: `127.0.0.1:${free}`,
        tessera: new URL(tessera.url).host,
        service: `127.0.0.1:${(service.address() as AddressInfo).port}`,
      };
      return [await gateway.start(folder, places, letsWebSocketsThrough), free];
    }

    const rule = () => `/${domainId}/rules/rule-7`;
    const withToken = (more: Headers = {}) => ({
      authorization: `Bearer ${token}`,
      ...more,
    });

    test("is told who asks, and not the token", async () => {
      const { status } = await send("GET", rule(), withToken());
      expect(status).toBe(200);
      const [seen] = reached;
      expect([seen?.method, seen?.url]).toEqual(["GET", rule()]);
      expect(identityOf(seen)).toEqual({
        "x-tessera-user": expect.stringMatching(/^[0-9a-f-]{36}$/),
        "x-tessera-principal": "token",
        "x-tessera-token": tokenId,
        "x-tessera-token-expires": expect.stringMatching(/^\d{4}-/),
        "x-tessera-domain": domainId,
        "x-tessera-operation": "rules.view",
      });
      expect(seen?.headers.authorization).toBeUndefined();
    });

    test.runIf(gateway.name === "nginx")(
      "does not keep from its client when the token ends",
      async () => {
        const { headers } = await send("GET", rule(), withToken());
        expect(Date.parse(String(headers["tessera-token-expires"]))).toBeGreaterThan(Date.now());
        expect(identityOf(reached[0])).toMatchObject({
          "x-tessera-token-expires": headers["tessera-token-expires"],
        });
      },
    );

    test("gets no header that names another method or path", async () => {
      const lies = Object.fromEntries(overrides.map((name) => [name, `/${domainId}/lies`]));
      expect((await send("GET", rule(), withToken(lies))).status).toBe(200);
      expect(reached[0]?.rawHeaders.join()).not.toContain("lies");
    });

    test("is told who asks, whatever the client says of its connection", async () => {
      const named = "close, X-Tessera-User, X-Tessera-Token, X-Tessera-Domain, X-Tessera-Operation";
      const { status } = await send("GET", rule(), withToken({ connection: named }));
      expect(status).toBe(200);
      expect(identityOf(reached[0])).toMatchObject({
        "x-tessera-user": expect.any(String),
        "x-tessera-token": tokenId,
        "x-tessera-domain": domainId,
        "x-tessera-operation": "rules.view",
      });
    });

    test("gets no tunnel through which further requests would come unasked", async () => {
      for (const [upgrade, expected] of [
        [h2c, 200],
        [{ connection: "Upgrade", upgrade: "TLS/1.0" }, 200],
        [webSocket, 403],
      ] as const) {
        expect((await send("GET", rule(), withToken(upgrade))).status).toBe(expected);
      }
      expect(reached.map(({ headers }) => headers.upgrade)).toEqual([undefined, undefined]);
      expect(reached.map(({ headers }) => headers["http2-settings"])).toEqual([
        undefined,
        undefined,
      ]);
    });

    test("gets websockets by their own rules alone, where the gateway lets them through", async () => {
      const [other, otherPort] = await start(true);
      const open = (path: string, upgrade: Headers) =>
        send("GET", path, withToken(upgrade), otherPort).then(({ status }) => status);
      try {
        expect(await open(`${rule()}/live`, webSocket)).toBe(101);
        expect(identityOf(reached[0])).toMatchObject({ "x-tessera-operation": "rules.view" });
        expect(await open(rule(), webSocket)).toBe(403);
        expect(await open(`/${domainId}/rules/rule-8/live`, webSocket)).toBe(403);
        const both = { ...webSocket, ...h2c, upgrade: ["h2c", "websocket"] };
        for (const upgrade of [h2c, both, { ...both, upgrade: ["websocket", "h2c"] }]) {
          await open(`${rule()}/live`, upgrade);
        }
        // As drafts before the standard had it: by a rule that is not for it, it opens nothing.
        expect(await open(rule(), { connection: "Upgrade", upgrade: "WebSocket" })).not.toBe(101);
        const opened = reached.map(({ headers }) => headers.upgrade ?? "none");
        expect(opened).not.toContain(expect.stringContaining("h2c"));
        expect(new Set(opened)).toEqual(new Set(["websocket", "none"]));
      } finally {
        other.kill("SIGTERM");
      }
    });

    test("gets none of the identity headers that a client sends", async () => {
      const forged = {
        "x-tessera-user": "somebody",
        "X-TESSERA-TOKEN": "some-token",
        "x-tessera-operation": "rules.delete",
        "x-tessera-principal": "god",
        "x-tessera-domain": "everywhere",
        "x-tessera-token-expires": "never",
        // Caddy keeps underscores: the page says so.
        ...(gateway.name === "nginx" ? { X_Tessera_User: "somebody" } : {}),
      };
      expect((await send("GET", rule(), withToken(forged))).status).toBe(200);
      expect(identityOf(reached[0])).toMatchObject({
        "x-tessera-token": tokenId,
        "x-tessera-operation": "rules.view",
      });
      expect(reached[0]?.rawHeaders.join()).not.toMatch(
        /somebody|some-token|god|everywhere|never/i,
      );

      // A session has no token id that could overwrite the forged one.
      const signedIn = { ...forged, authorization: `Bearer ${session}` };
      expect((await send("GET", rule(), signedIn)).status).toBe(200);
      const seen = identityOf(reached[1]);
      // Caddy before 2.10 writes a name in braces for what is not answered: the page says so.
      if (gateway.name === "nginx") expect(seen).not.toHaveProperty("x-tessera-token");
      else expect(seen["x-tessera-token"] ?? "{").toMatch(/^\{/);
    });

    test("is not reached without a token, with a wrong one, or beyond the scopes", async () => {
      for (const [method, path, headers, status, code] of [
        ["GET", rule(), {}, 401, "unauthenticated"],
        ["GET", rule(), { accept: "text/html" }, 401, "unauthenticated"],
        ["GET", rule(), { authorization: `Bearer ${token}x` }, 401, "unauthenticated"],
        ["GET", rule(), { cookie: `tessera_access=${session}` }, 401, "unauthenticated"],
        ["DELETE", rule(), withToken(), 403, "scope_missing"],
        ["GET", `/${domainId}/rules/rule-8`, withToken(), 403, "scope_missing"],
        ["GET", `/${domainId}/reports`, withToken(), 403, "no_rule"],
        ["PUT", rule(), withToken(), 403, "no_rule"],
      ] as const) {
        const answer = await send(method, path, headers);
        expect([answer.status, answer.headers["x-tessera-error"]]).toEqual([status, code]);
        if (status === 401) expect(answer.headers["www-authenticate"]).toMatch(/^Bearer/);
      }
      expect(reached).toEqual([]);
    });

    test("is not reached by a path that could mean another rule", async () => {
      for (const path of [
        `/${domainId}/rules/rule-7%2Fx`,
        `/${domainId}/rules%2Frule-7`,
        `/${domainId}/rules/rule-8/../rule-7`,
        `/${domainId}/rules/rule-8/%2e%2e/rule-7`,
        `/${domainId}/rules/./rule-7`,
        `/${domainId}//rules/rule-7`,
        `//${domainId}/rules/rule-7`,
        `/${domainId}/rules/rule-7/`,
        `/${domainId}/rules/rule-7%00`,
        `/${domainId}/rules\\rule-7`,
        `/${domainId}/rules/%72ule-7`,
        `/${domainId}/Rules/rule-7`,
        `/${domainId}/rules/rule-7;x`,
        "/_forward-auth",
      ]) {
        const { status } = await send("GET", path, withToken());
        expect([path, status < 200 || status >= 400]).toEqual([path, true]);
      }
      expect(reached).toEqual([]);
    });

    test("gets the query as it was, which changes no rule", async () => {
      for (const query of ["?", "?id=rule-8", `?/../${domainId}/rules`, "?x=%2F..%2F&y=%00"]) {
        expect((await send("GET", rule() + query, withToken())).status).toBe(200);
        const seen = reached.pop();
        expect(seen?.url).toBe(rule() + query);
        expect(identityOf(seen)).toMatchObject({ "x-tessera-operation": "rules.view" });
        const other = await send("GET", `/${domainId}/rules/rule-8${query}`, withToken());
        expect(other.status).toBe(403);
      }
    });

    test("is asked about as it is, whatever a client says it asked", async () => {
      for (const name of ["x-original-uri", "x-forwarded-uri", "x-original-method"]) {
        const headers = withToken({ [name]: name.endsWith("method") ? "GET" : rule() });
        expect((await send("DELETE", `/${domainId}/rules/rule-8`, headers)).status).toBe(403);
        expect((await send("GET", rule(), headers)).status).toBe(200);
      }
      expect(reached.length).toBe(3);
    });

    test("is asked about HEAD as about GET", async () => {
      expect((await send("HEAD", `/${domainId}/rules`, withToken())).status).toBe(200);
      expect(identityOf(reached[0])).toMatchObject({ "x-tessera-operation": "rules.list" });
    });

    test("is closed to a token from the request after its revocation on", async () => {
      expect((await send("GET", rule(), withToken())).status).toBe(200);
      await api("PATCH", `/pats/${tokenId}/secret/revoke`);
      const { status, headers } = await send("GET", rule(), withToken());
      expect([status, headers["x-tessera-error"]]).toEqual([401, "token_revoked"]);
      expect(reached.length).toBe(1);
    });

    /** A request whose path stays as it is written. */
    async function send(
      method: string,
      path: string,
      headers: Headers,
      at = port,
    ): Promise<Answer> {
      const sent = request({
        host: "127.0.0.1",
        port: at,
        method,
        path,
        headers,
        agent: false,
      }).end();
      const answered = Promise.race([once(sent, "response"), once(sent, "upgrade")]);
      const [incoming] = (await answered) as [IncomingMessage];
      if (incoming.statusCode === 101) incoming.destroy();
      else incoming.resume();
      return { status: incoming.statusCode ?? 0, headers: incoming.headers };
    }
  },
);

function identityOf(incoming: IncomingMessage | undefined): Readonly<Record<string, unknown>> {
  const headers = Object.entries(incoming?.headers ?? {});
  return Object.fromEntries(headers.filter(([name]) => name.startsWith("x-tessera")));
}

// biome-ignore lint/suspicious/noExplicitAny: replies as clients without types see them.
async function api(method: string, path: string, body?: object): Promise<any> {
  const answer = await fetch(tessera.url + path, {
    method,
    headers: {
      "content-type": "application/json",
      ...(session === undefined ? {} : { authorization: `Bearer ${session}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text === "" ? undefined : JSON.parse(text);
}
