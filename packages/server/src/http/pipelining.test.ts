import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { oneByOne } from "./pipelining.ts";

const replies: ServerResponse[] = [];
const server = createServer(oneByOne((_request, reply) => void replies.push(reply)));
beforeAll(() => once(server.listen(0, "127.0.0.1"), "listening"));
afterAll(() => server.close());

async function pipeline(count: number): Promise<Socket> {
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  await once(socket, "connect");
  const requests = Array.from({ length: count }, (_, index) => `GET /${index} HTTP/1.1\r\nHost: x`);
  socket.write(`${requests.join("\r\n\r\n")}\r\n\r\n`);
  return socket.on("error", () => {});
}

test("the requests of one connection are answered one after the other, in their order", async () => {
  replies.splice(0);
  const socket = await pipeline(17);
  const asked: unknown[] = [];
  while (asked.length < 17) {
    await expect.poll(() => replies.length).toBe(1);
    asked.push(replies[0]?.req.url);
    replies.shift()?.end("done");
  }
  expect(asked).toEqual(Array.from({ length: 17 }, (_, index) => `/${index}`));
  socket.destroy();
});

test("a connection on which more wait is ended, and what waits on it is never answered", async () => {
  replies.splice(0);
  const socket = await pipeline(2_000);
  await new Promise((resolve) => socket.once("close", resolve));
  const next = await pipeline(1);
  await expect.poll(() => replies.length).toBe(2);
  replies[0]?.end("nobody hears it");
  replies[1]?.end("done");
  await once(next, "data");
  expect(replies.map(({ req }) => req.url)).toEqual(["/0", "/0"]);
  next.destroy();
});
