import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startApp, type TestApp } from "../testing/start-app.ts";
import { openTestSqlite } from "../testing/test-databases.ts";

let server: TestApp;
let port: number;
const sockets: Socket[] = [];

beforeAll(async () => {
  server = await startApp(
    { name: "SQLite", open: openTestSqlite },
    { environment: { TESSERA_HEAD_TIMEOUT: "1s", TESSERA_REQUEST_TIMEOUT: "3s" } },
  );
  port = Number(new URL(await server.app.listen({ port: 0, host: "127.0.0.1" })).port);
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});
afterAll(() => server.close());

async function open(text: string): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  sockets.push(socket);
  await once(socket, "connect");
  socket.write(text);
  return socket;
}

/** Everything that the server sends until it ends the connection. */
async function readAll(socket: Socket): Promise<string> {
  let text = "";
  socket.setEncoding("utf8");
  for await (const part of socket) text += part;
  return text;
}

function readReply(text: string) {
  const [head = "", body = ""] = text.split("\r\n\r\n");
  const [statusLine = "", ...lines] = head.split("\r\n");
  const headers = Object.fromEntries(lines.map((line) => line.split(": ", 2)));
  return { status: Number(statusLine.split(" ")[1]), headers, body: JSON.parse(body) };
}

const get = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n";
const post = (path: string, headers: string) =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${headers}\r\n\r\n`;
const signIn = "/users/tokens/issue";
const linesAtLevel = (level: number) =>
  server.logLines.filter((line) => JSON.parse(line).level === level);

describe("bytes that are no request", () => {
  test.each([
    ["nonsense", "nonsense\r\n\r\n", 400, "malformed_request"],
    [
      "a header without a name",
      "GET / HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n",
      400,
      "malformed_request",
    ],
    ["an unknown method", "FETCH / HTTP/1.1\r\nHost: x\r\n\r\n", 400, "malformed_request"],
    [
      "headers without end",
      `GET / HTTP/1.1\r\nX: ${"x".repeat(20_000)}\r\n\r\n`,
      431,
      "headers_too_large",
    ],
    ["no host", "GET /health HTTP/1.1\r\nConnection: close\r\n\r\n", 400, "invalid_header"],
    [
      "two hosts",
      "GET /health HTTP/1.1\r\nHost: x\r\nhost: y\r\nConnection: close\r\n\r\n",
      400,
      "invalid_header",
    ],
    [
      "the same host twice",
      "GET /health HTTP/1.1\r\nHost: x\r\nHost: x\r\nConnection: close\r\n\r\n",
      400,
      "invalid_header",
    ],
    [
      "a wish for a tunnel",
      "CONNECT other.test:443 HTTP/1.1\r\nHost: other.test:443\r\n\r\n",
      400,
      "malformed_request",
    ],
    [
      "two lengths",
      post(signIn, "Content-Length: 2\r\nContent-Length: 3"),
      400,
      "malformed_request",
    ],
    [
      "a length and chunks",
      post(signIn, "Content-Length: 2\r\nTransfer-Encoding: chunked"),
      400,
      "malformed_request",
    ],
    [
      "a chunk of no size",
      `${post(signIn, "Transfer-Encoding: chunked")}xyz\r\n`,
      400,
      "malformed_request",
    ],
  ])(
    "(%s) are refused in the error table's form, and the connection ends",
    async (_, text, status, code) => {
      const reply = readReply(await readAll(await open(text)));
      expect([reply.status, reply.body.code]).toEqual([status, code]);
      expect(reply.body).toEqual({
        code,
        message: expect.stringMatching(/./),
        request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      });
      const headers = Object.fromEntries(
        Object.entries(reply.headers).map(([name, value]) => [name.toLowerCase(), value]),
      );
      expect(headers).toMatchObject({
        connection: "close",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
        "content-type": "application/json; charset=utf-8",
      });
    },
  );

  test("behind a good request do not take its answer away", async () => {
    const text = await readAll(await open(`${get}nonsense\r\n\r\n`));
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    expect(text).toContain('"status":"pass"');
  });

  test.each(["zz\r\n", "5\r\nhello\r\nXX\r\n"])(
    "in the body of a request that waits (%o) do not take the answer before it away",
    async (chunks) => {
      const body = '{"username":"nobody","password":"not the password"}';
      // It takes a while.
      const first = `${post(signIn, `Content-Length: ${body.length}`)}${body}`;
      const waiting = `${get}${post(signIn, "Transfer-Encoding: chunked")}${chunks}`;
      const text = await readAll(await open(`${first}${waiting}`));
      expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 401", "HTTP/1.1 200"]);
    },
  );

  test.each([
    ["a bad chunk at once", "1\r\n{\r\nzz\r\n", ""],
    ["a bad chunk later", "1\r\n{\r\n", "zz\r\n"],
    ["a body without end", "1\r\n{\r\n", ""],
  ])("in a body that was refused already (%s) get no second answer", async (_, begin, rest) => {
    const socket = await open(post("/domains", "Transfer-Encoding: chunked") + begin);
    const [first] = (await once(socket, "data")) as [Buffer];
    socket.write(rest);
    const text = String(first) + (await readAll(socket));
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 401"]);
    expect(text.endsWith("}")).toBe(true);
  });

  test("a wish for a tunnel behind a good request does not take its answer away", async () => {
    const tunnel = "CONNECT other.test:443 HTTP/1.1\r\nHost: other.test:443\r\n\r\n";
    const text = await readAll(await open(`${get}${tunnel}${get}`));
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    // The wish has an answer of its own where it came after the other one's, and nothing after it is read.
    expect(text.match(/HTTP\/1\.1 [^2].*/g) ?? []).toSatisfy((others: readonly string[]) =>
      others.every((line) => line.startsWith("HTTP/1.1 400 ")),
    );
    expect(text.match(/HTTP\/1\.1 200 /g)).toHaveLength(1);
  });

  test("that expect something are answered all the same", async () => {
    const request =
      "GET /health HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\nConnection: close\r\n\r\n";
    expect(await readAll(await open(request))).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe("a request that comes too slowly", () => {
  test.each([
    ["head", "GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: ", "1"],
    ["body", `${post(signIn, "Content-Length: 100")}{`, "1"],
    ["body in chunks", `${post(signIn, "Transfer-Encoding: chunked")}1\r\n{\r\n`, "1\r\n1\r\n"],
    ["body that nobody reads", `${post("/session/refresh", "Content-Length: 100")}{`, "1"],
  ])("with its %s is answered with 408, and its connection ends", async (_, begin, drop) => {
    const socket = await open(begin);
    const dripping = setInterval(() => socket.write(drop), 200);
    try {
      const reply = readReply(await readAll(socket));
      expect([reply.status, reply.body.code]).toEqual([408, "request_timeout"]);
    } finally {
      clearInterval(dripping);
    }
  });

  test("a connection on which nothing comes ends too", async () => {
    await readAll(await open(""));
  });
});

describe("an upload that breaks off", () => {
  test.each([
    [
      "the client goes away",
      "Content-Length: 100",
      '{"a',
      (socket: Socket) => socket.resetAndDestroy(),
    ],
    ["it is shorter than was said", "Content-Length: 100", '{"a', (socket: Socket) => socket.end()],
    [
      "it has a bad chunk",
      "Transfer-Encoding: chunked",
      "1\r\n{\r\n",
      (socket: Socket) => socket.write("zz\r\n"),
    ],
  ])(
    "(%s) is one line without a stack, and no fault of the server",
    async (_, header, begin, breakOff) => {
      const arrived = once(server.app.server, "request");
      const socket = await open(post(signIn, header) + begin);
      await arrived;
      const before = server.logLines.length;
      breakOff(socket);
      await expect.poll(() => server.logLines.length, { timeout: 5000 }).toBeGreaterThan(before);
      await readAll(await open(get.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")));
      const lines = server.logLines.slice(before).map((line) => JSON.parse(line));
      const others = lines.filter(({ route }) => route !== "/health");
      expect(others).toHaveLength(1);
      expect(others[0].level).toBeLessThanOrEqual(30);
      expect(JSON.stringify(others)).not.toMatch(/stack|Error:/);
      expect((await server.nobody.call("GET", "/metrics")).body).not.toMatch(/status="5xx"} [1-9]/);
    },
  );
});

describe("connections that nobody reads from, or that are too many", () => {
  const startLimited = async (environment: Readonly<Record<string, string>>) => {
    const limited = await startApp({ name: "SQLite", open: openTestSqlite }, { environment });
    const url = new URL(await limited.app.listen({ port: 0, host: "127.0.0.1" }));
    const openOne = async () => {
      const socket = connect(Number(url.port), "127.0.0.1");
      sockets.push(socket);
      socket.on("error", () => undefined);
      await once(socket, "connect");
      return socket;
    };
    const { server: listening } = limited.app;
    const count = () => promisify(listening.getConnections.bind(listening))();
    return { limited, openOne, count };
  };
  const last = get.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");

  test("a reply that its client does not read is cut after its time, one that is read is whole", async () => {
    const { limited, openOne, count } = await startLimited({ TESSERA_REPLY_TIMEOUT: "1s" });
    const ask = "GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n".repeat(16);
    const deaf = await openOne();
    deaf.pause();
    deaf.write(ask);
    const reader = await openOne();
    reader.write(ask + last);
    const text = await readAll(reader);
    expect(text.match(/HTTP\/1\.1 200 /g)).toHaveLength(17);
    await expect.poll(count, { timeout: 20_000 }).toBe(0);
    const lines = limited.logLines.filter((line) => line.includes("did not read"));
    expect(lines).toHaveLength(1);
    await limited.close();
  });

  test("a handler may take longer than a reply may stand still", async () => {
    const released = Promise.withResolvers<void>();
    const limited = await startApp(
      { name: "SQLite", open: openTestSqlite },
      {
        environment: { TESSERA_REPLY_TIMEOUT: "1s" },
        configure: (app) => {
          app.addHook("onRequest", async ({ url }) => {
            if (url === "/health") await released.promise;
          });
        },
      },
    );
    const url = new URL(await limited.app.listen({ port: 0, host: "127.0.0.1" }));
    const timedOut = once(limited.app.server, "timeout");
    const socket = connect(Number(url.port), "127.0.0.1");
    sockets.push(socket);
    socket.write(last);
    await timedOut;
    released.resolve();
    expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 200 /);
    await limited.close();
  });

  test.each([
    ["in all", { TESSERA_MAX_CONNECTIONS: "3" }],
    ["of one address", { TESSERA_MAX_CONNECTIONS_PER_ADDRESS: "3" }],
    [
      "in all, of proxies too",
      { TESSERA_MAX_CONNECTIONS: "3", TESSERA_TRUSTED_PROXIES: "loopback" },
    ],
  ])(
    "beyond the limit %s are closed unanswered until others have ended",
    async (_, environment) => {
      const { limited, openOne, count } = await startLimited(environment);
      const first = await openOne();
      // Nothing is asked on them, and so nothing is over.
      for (let others = 0; others < 2; others += 1) await openOne();
      await expect.poll(count).toBe(3);
      const late = await openOne();
      late.write(get);
      expect(await readAll(late).catch((error) => error.code)).toMatch(/^$|^ECONNRESET$|^EPIPE$/);
      expect(await count()).toBe(3);
      first.destroy();
      await expect.poll(count).toBe(2);
      const next = await openOne();
      next.write(last);
      expect(await readAll(next)).toMatch(/^HTTP\/1\.1 200 /);
      const warnings = limited.logLines.filter((line) => JSON.parse(line).level === 40);
      expect(warnings).toHaveLength(1);
      await limited.close();
    },
  );

  test("that are only kept open make room for a newcomer, those that are asked on do not", async () => {
    const { limited, openOne, count } = await startLimited({ TESSERA_MAX_CONNECTIONS: "2" });
    const busy = await openOne();
    busy.write(get.slice(0, 20));
    const kept = await openOne();
    kept.write(get);
    await once(kept, "data");
    expect(await count()).toBe(2);
    const late = await openOne();
    late.write(last);
    expect(await readAll(late)).toMatch(/^HTTP\/1\.1 200 /);
    expect(await readAll(kept)).toBe("");
    busy.write(last.slice(20));
    expect(await readAll(busy)).toMatch(/^HTTP\/1\.1 200 /);
    await limited.close();
  });

  test.each(["loopback", "127.0.0.1", "127.0.0.0/8"])(
    "of the trusted proxy %s are not limited by its address",
    async (proxy) => {
      const { limited, openOne } = await startLimited({
        TESSERA_MAX_CONNECTIONS_PER_ADDRESS: "1",
        TESSERA_TRUSTED_PROXIES: proxy,
      });
      await openOne();
      const second = await openOne();
      second.write(last);
      expect(await readAll(second)).toMatch(/^HTTP\/1\.1 200 /);
      await limited.close();
    },
  );
});

test("nothing that a client did is an error of the server", () => {
  expect([...linesAtLevel(50), ...linesAtLevel(60)]).toEqual([]);
});
