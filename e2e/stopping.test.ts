import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { openTestPostgres } from "../packages/server/src/testing/test-databases.ts";
import { call } from "./call.ts";
import {
  newDataDir,
  removeDataDir,
  type ServerProcess,
  startServerProcess,
} from "./server-process.ts";

const admin = { username: "admin@example.test", password: "stopping-test-password" };
const settings = {
  TESSERA_ADMIN_EMAIL: admin.username,
  TESSERA_ADMIN_PASSWORD: admin.password,
  TESSERA_LOG_LEVEL: "warn",
  TESSERA_USAGE_FLUSH_INTERVAL: "1h",
};

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

async function start(environment: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
  const dataDir = await newDataDir();
  cleanUps.push(() => removeDataDir(dataDir));
  return startAgain(dataDir, environment);
}

async function startAgain(
  dataDir: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  const server = await startServerProcess(dataDir, { ...settings, ...environment });
  cleanUps.push(() => server.stop("SIGKILL"));
  return server;
}

/** A connection that has sent all of this request but the end of its body. */
async function beginRequest(url: string, body: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1").setEncoding("utf8");
  cleanUps.push(() => socket.destroy());
  await once(socket, "connect");
  const length = Buffer.byteLength(body) + 1;
  const head = `POST /users/tokens/issue HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;
  socket.write(head + body);
  return socket;
}

/** On a connection of its own: one that is kept open would be waited for. */
function send(url: string, method: string, path: string, bearer?: string, body?: object) {
  return call(url, method, path, { bearer, body, headers: { connection: "close" } });
}

async function useToken(url: string) {
  const { body: session } = await send(url, "POST", "/users/tokens/issue", undefined, admin);
  const made = await send(url, "POST", "/pats", session.access_token, {
    name: "ci",
    duration: "1h",
  });
  const { id, secret } = made.body;
  return { id, secret, accessToken: session.access_token as string };
}

const elapsedSince = (begin: number) => performance.now() - begin;

describe("on SIGTERM", () => {
  test("says that it is not ready, answers what is in flight, and exits with 0", async () => {
    const server = await start({ TESSERA_STOP_GRACE: "20s" });
    expect((await send(server.url, "GET", "/ready")).status).toBe(200);
    const body = JSON.stringify(admin);
    const upload = await beginRequest(server.url, body.slice(0, -1));
    let answer = "";
    upload.on("data", (text: string) => {
      answer += text;
    });
    await send(server.url, "GET", "/health");
    server.signal("SIGTERM");
    await expect
      .poll(async () => (await send(server.url, "GET", "/ready")).status, { timeout: 5000 })
      .toBe(503);
    const refused = await send(server.url, "GET", "/ready");
    expect(refused.body).toMatchObject({ code: "unavailable", message: "The server is stopping" });
    expect(answer).toBe("");
    upload.write("} ");
    expect(await server.exited).toBe(0);
    expect(answer).toMatch(/^HTTP\/1\.1 201 /);
    expect(answer).toContain("access_token");
  });

  test("waits for nobody longer than its grace, and keeps the uses of tokens all the same", async () => {
    const server = await start({ TESSERA_STOP_GRACE: "1s" });
    const { accessToken, secret, id } = await useToken(server.url);
    expect((await send(server.url, "GET", "/domains", secret)).status).toBe(200);
    for (const open of ["{", ""]) await beginRequest(server.url, open);
    const idle = connect(Number(new URL(server.url).port), "127.0.0.1");
    cleanUps.push(() => idle.destroy());
    await once(idle, "connect");
    await send(server.url, "GET", "/health");
    const begin = performance.now();
    server.signal("SIGTERM");
    expect(await server.exited).toBe(0);
    expect(elapsedSince(begin)).toBeLessThan(6000);
    const next = await startAgain(server.dataDir);
    const token = await send(next.url, "GET", `/pats/${id}`, accessToken);
    expect(token.body.use_count).toBe(1);
  });

  test("waits for no database that does not answer", async () => {
    const database = await openTestPostgres();
    cleanUps.push(() => database.close());
    const proxy = await openProxy(new URL(database.options.databaseUrl ?? ""));
    const server = await start({ DATABASE_URL: proxy.url, TESSERA_STOP_GRACE: "1s" });
    const { secret } = await useToken(server.url);
    expect((await send(server.url, "GET", "/domains", secret)).status).toBe(200);
    proxy.hang();
    const waiting = send(server.url, "GET", "/domains", secret).catch(() => undefined);
    const begin = performance.now();
    server.signal("SIGTERM");
    expect(await server.exited).toBe(0);
    expect(elapsedSince(begin)).toBeLessThan(15_000);
    expect(server.output()).toMatch(/The database (does not answer|has not answered)/);
    await waiting;
  });
});

/** A way to the database that can be made to lead nowhere, without being closed. */
async function openProxy(target: URL) {
  let hangs = false;
  const sockets: Socket[] = [];
  const proxy = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    sockets.push(near, far);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on("data", (data) => hangs || to.write(data));
      from.on("error", () => {});
      from.on("end", () => hangs || to.end());
    }
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  cleanUps.push(() => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });
  const url = new URL(target);
  url.hostname = "127.0.0.1";
  url.port = String((proxy.address() as { port: number }).port);
  return {
    url: url.href,
    hang: () => {
      hangs = true;
    },
  };
}
