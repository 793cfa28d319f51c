import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, request, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { findNginx } from "../scripts/installed-programs.mjs";
import { freePort } from "./free-port.ts";
import {
  newDataDir,
  removeDataDir,
  type ServerProcess,
  startServerProcess,
} from "./server-process.ts";

const page = readFileSync(join(import.meta.dirname, "../docs/gateways.md"), "utf8");
const admin = { username: "admin@example.test", password: "first-admin-pass-1" };

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
}

describe("a service behind nginx, configured as docs/gateways.md says", () => {
  let dataDir: string;
  let tessera: ServerProcess;
  let service: Server;
  let nginx: ChildProcess;
  let port: number;
  let session: string;
  let domainId: string;
  let token: string;
  let tokenId: string;
  /** What has reached the service. */
  const reached: IncomingMessage[] = [];

  beforeAll(async () => {
    dataDir = await newDataDir();
    const settings = join(dataDir, "tessera.yaml");
    await writeFile(settings, `${block("yaml", "# tessera.yaml")}log_level: warn\n`);
    tessera = await startServerProcess(dataDir, {
      TESSERA_CONFIG: settings,
      TESSERA_ADMIN_EMAIL: admin.username,
      TESSERA_ADMIN_PASSWORD: admin.password,
    });
    service = createServer((incoming, outgoing) => {
      reached.push(incoming);
      outgoing.end("a rule");
    }).listen(0, "127.0.0.1");
    await once(service, "listening");
    port = await freePort();
    nginx = await startNginx(dataDir, {
      "listen 80;": `listen 127.0.0.1:${port};`,
      "127.0.0.1:8080": new URL(tessera.url).host,
      "127.0.0.1:9000": `127.0.0.1:${portOf(service)}`,
    });
    await waitForPort(port);

    session = (await api("POST", "/users/tokens/issue", admin)).access_token;
    const plant = { name: "Plant 7", route: "plant-7" };
    domainId = (await api("POST", "/domains", plant)).id;
    const scope = { domain_id: domainId, entity_type: "rules" };
    const made = await api("POST", "/pats", {
      name: "ci",
      duration: "1h",
      scopes: [
        { ...scope, entity_id: "rule-7", operation: "view" },
        { ...scope, entity_id: "*", operation: "list" },
      ],
    });
    token = made.secret;
    tokenId = made.id;
  });
  afterAll(async () => {
    nginx?.kill("SIGTERM");
    service?.closeAllConnections();
    service?.close();
    await tessera?.stop();
    await removeDataDir(dataDir);
  });
  beforeEach(() => {
    reached.length = 0;
  });

  const rule = () => `/${domainId}/rules/rule-7`;
  const withToken = (more: Readonly<Record<string, string>> = {}) => ({
    authorization: `Bearer ${token}`,
    ...more,
  });

  test("is told who asks, and not the token", async () => {
    const { status, headers } = await send("GET", rule(), withToken());
    expect(status).toBe(200);
    const [seen] = reached;
    expect([seen?.method, seen?.url]).toEqual(["GET", rule()]);
    expect(identityOf(seen)).toEqual({
      "x-tessera-user": expect.stringMatching(/^[0-9a-f-]{36}$/),
      "x-tessera-principal": "token",
      "x-tessera-token": tokenId,
      "x-tessera-token-expires": headers["tessera-token-expires"],
      "x-tessera-domain": domainId,
      "x-tessera-operation": "rules.view",
    });
    expect(Date.parse(String(headers["tessera-token-expires"]))).toBeGreaterThan(Date.now());
    expect(seen?.headers.authorization).toBeUndefined();
  });

  test("gets none of the identity headers that a client sends", async () => {
    const forged = {
      "x-tessera-user": "somebody",
      "X-TESSERA-TOKEN": "some-token",
      "x-tessera-operation": "rules.delete",
      "x-tessera-principal": "god",
      "x-tessera-domain": "everywhere",
      "x-tessera-token-expires": "never",
      X_Tessera_User: "somebody",
      "x-http-method-override": "DELETE",
    };
    expect((await send("GET", rule(), withToken(forged))).status).toBe(200);
    expect(identityOf(reached[0])).toMatchObject({
      "x-tessera-token": tokenId,
      "x-tessera-operation": "rules.view",
    });
    expect(reached[0]?.rawHeaders.join()).not.toMatch(
      /somebody|some-token|god|everywhere|never|override/i,
    );

    // A session has no token id that could overwrite the forged one.
    const signedIn = { ...forged, authorization: `Bearer ${session}` };
    expect((await send("GET", rule(), signedIn)).status).toBe(200);
    expect(identityOf(reached[1])).not.toHaveProperty("x-tessera-token");
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
    headers: Readonly<Record<string, string>>,
  ): Promise<Answer> {
    const sent = request({ host: "127.0.0.1", port, method, path, headers, agent: false }).end();
    const [incoming] = (await once(sent, "response")) as [IncomingMessage];
    incoming.resume();
    return { status: incoming.statusCode ?? 0, headers: incoming.headers };
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
});

/** The first block of that language on the page that contains the text. */
function block(language: string, text: string): string {
  const blocks = [...page.matchAll(/```(\w+)\n(.*?)```/gs)];
  const found = blocks.find(([, name, content]) => name === language && content?.includes(text));
  if (found?.[2] === undefined) throw new Error(`docs/gateways.md has no ${language} with ${text}`);
  return found[2];
}

async function startNginx(
  folder: string,
  replacements: Readonly<Record<string, string>>,
): Promise<ChildProcess> {
  const program = findNginx();
  if (program === undefined) throw new Error("nginx is not installed");
  let site = block("nginx", "auth_request");
  for (const [text, replacement] of Object.entries(replacements)) {
    expect(site).toContain(text);
    site = site.replaceAll(text, replacement);
  }
  const temporary = join(folder, "nginx");
  await mkdir(temporary);
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${temporary}/${name};`,
  );
  const configuration = [
    process.getuid?.() === 0 ? "user root;" : "",
    `daemon off; worker_processes 1; pid ${temporary}/nginx.pid; error_log stderr;`,
    "events {}",
    `http { access_log off; ${paths.join(" ")}\n${site}\n}`,
  ].join("\n");
  const file = join(temporary, "nginx.conf");
  await writeFile(file, configuration);
  return spawn(program, ["-e", "stderr", "-p", temporary, "-c", file], {
    stdio: ["ignore", "ignore", "inherit"],
  });
}

function identityOf(incoming: IncomingMessage | undefined): Readonly<Record<string, unknown>> {
  const headers = Object.entries(incoming?.headers ?? {});
  return Object.fromEntries(headers.filter(([name]) => name.startsWith("x-tessera")));
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

async function waitForPort(port: number): Promise<void> {
  for (let attempt = 0; attempt < 250; attempt += 1) {
    const socket = connect(port, "127.0.0.1");
    const isOpen = await new Promise((resolve) => {
      socket.once("connect", () => resolve(true));
      socket.once("error", () => resolve(false));
    });
    socket.destroy();
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("nginx did not start");
}
