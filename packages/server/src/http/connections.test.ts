import { once } from "node:events";
import { connect, type Socket } from "node:net";
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
    expect(text.match(/HTTP\/1\.1 /g)).toHaveLength(1);
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
      expect((await server.nobody.call("GET", "/metrics")).body).not.toMatch(/status="5/);
    },
  );
});

test("nothing that a client did is an error of the server", () => {
  expect([...linesAtLevel(50), ...linesAtLevel(60)]).toEqual([]);
});
