import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { oneByOne } from "./pipelining.ts";

const replies: ServerResponse[] = [];
const roomForHeads = 256 * 1024;
const answer = oneByOne((_request, reply) => void replies.push(reply), roomForHeads);
let came = 0;
const server = createServer((request, reply) => {
  came += 1;
  answer(request, reply);
});
beforeAll(() => once(server.listen(0, "127.0.0.1"), "listening"));
afterAll(() => server.close());

async function pipeline(count: number, moreOfHead = ""): Promise<Socket> {
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  await once(socket, "connect");
  const requests = Array.from(
    { length: count },
    (_, index) => `GET /${index} HTTP/1.1\r\nHost: x${moreOfHead}`,
  );
  socket.write(`${requests.join("\r\n\r\n")}\r\n\r\n`);
  return socket.on("error", () => {});
}

const closed = (socket: Socket) => new Promise((resolve) => socket.once("close", resolve));

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

test("behind a reply that ends the connection nothing is done any more", async () => {
  replies.splice(0);
  const socket = await pipeline(3);
  await expect.poll(() => replies.length).toBe(1);
  replies[0]?.setHeader("connection", "close").end("done");
  await once(socket.resume(), "close");
  const next = await pipeline(1);
  await expect.poll(() => replies.length).toBe(2);
  expect(replies.map(({ req }) => req.url)).toEqual(["/0", "/0"]);
  next.destroy();
});

test("a connection on which more wait is ended, and what waits on it is never answered", async () => {
  replies.splice(0);
  const socket = await pipeline(2_000);
  await closed(socket);
  const next = await pipeline(1);
  await expect.poll(() => replies.length).toBe(2);
  replies[0]?.end("nobody hears it");
  replies[1]?.end("done");
  await once(next, "data");
  expect(replies.map(({ req }) => req.url)).toEqual(["/0", "/0"]);
  next.destroy();
});

const longHead = `\r\nX: ${"a".repeat(15_000)}`;

/** Whatever the server would read of other connections it has read by then. */
async function roundTrips(): Promise<void> {
  for (let index = 0; index < 5; index += 1) {
    const socket = await pipeline(1);
    await expect.poll(() => replies.length).toBe(2);
    replies.pop()?.end("done");
    await once(socket, "data");
    socket.destroy();
  }
}

test("while a request waits nothing more of its connection is read, and all is answered in the end", async () => {
  replies.splice(0);
  const before = came;
  const socket = await pipeline(16, longHead);
  await expect.poll(() => replies.length).toBe(1);
  await roundTrips();
  expect(came - before - 5).toBeLessThan(6);
  for (let index = 0; index < 16; index += 1) {
    await expect.poll(() => replies[0]?.req.url).toBe(`/${index}`);
    replies.shift()?.end("done");
  }
  socket.destroy();
});

test("a long body behind a request that waits is read when its turn comes", async () => {
  replies.splice(0);
  const socket = await pipeline(2);
  const body = "b".repeat(500_000);
  socket.write(`POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  socket.write("GET /last HTTP/1.1\r\nHost: x\r\n\r\n");
  for (const url of ["/0", "/1"]) {
    await expect.poll(() => replies[0]?.req.url).toBe(url);
    replies.shift()?.end("done");
  }
  await expect.poll(() => replies.length).toBe(1);
  let letters = 0;
  for await (const chunk of replies[0]?.req ?? []) letters += chunk.length;
  expect(letters).toBe(body.length);
  replies.shift()?.end("done");
  await expect.poll(() => replies[0]?.req.url).toBe("/last");
  socket.destroy();
});

test("the heads of all that wait have a bound: the connection that would go beyond ends, and its end makes room", async () => {
  replies.splice(0);
  const open: Socket[] = [];
  // Four of each are read at once.
  for (let index = 0; index < 4; index += 1) open.push(await pipeline(16, longHead));
  await expect.poll(() => replies.length).toBe(4);
  const late = await Promise.all([1, 2, 3].map(() => pipeline(16, longHead)));
  await Promise.race(late.map(closed));
  for (const socket of [...open, ...late]) socket.destroy();
  const gone = new Set(replies);
  await expect
    .poll(() => {
      for (const reply of replies) gone.add(reply.end("nobody hears it"));
      return replies.length > 4 && [...gone].every(({ req }) => req.socket.destroyed);
    })
    .toBe(true);
  replies.splice(0);
  const next = await pipeline(4, longHead);
  for (let index = 0; index < 4; index += 1) {
    await expect.poll(() => replies[0]?.req.url).toBe(`/${index}`);
    replies.shift()?.end("done");
  }
  next.destroy();
});
