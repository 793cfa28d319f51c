import { type EventEmitter, once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { Readable } from "node:stream";
import { AppError, errorTable } from "@tessera/contract";
import fastify, { type FastifyInstance } from "fastify";
import { afterEach, expect, test } from "vitest";
import { limitUnreadReplies } from "./unread-replies.ts";

const mebibyte = 1024 * 1024;
let app: FastifyInstance;
let port: number;
const open: Socket[] = [];
const streams: Readable[] = [];
afterEach(() => {
  for (const socket of open.splice(0)) socket.destroy();
  streams.splice(0);
  return app.close();
});

async function listen(maximum: number): Promise<void> {
  app = fastify({ trustProxy: true });
  limitUnreadReplies(app, maximum);
  app.setErrorHandler((error, _request, reply) =>
    reply.code(error instanceof AppError ? errorTable[error.code].status : 500).send("no"),
  );
  app.get("/", (request) => {
    const { letters } = request.query as { letters: string };
    if (letters === "made while read") {
      const made = Readable.from(endless(), { objectMode: false });
      streams.push(made);
      return made;
    }
    return "a".repeat(Number(letters));
  });
  await app.listen({ port: 0, host: "127.0.0.1" });
  port = (app.server.address() as AddressInfo).port;
}

function* endless(): Generator<string> {
  while (true) yield "a".repeat(64 * 1024);
}

const ask = async (letters: number | "made while read", from = "192.0.2.1") => {
  const headers = { "x-forwarded-for": from };
  const path = `/?letters=${encodeURIComponent(letters)}`;
  const request = get({ port, host: "127.0.0.1", path, headers, agent: false });
  const [reply] = (await once(request, "response")) as [IncomingMessage];
  open.push(reply.socket);
  return reply;
};
const read = async (reply: IncomingMessage) => {
  reply.resume();
  await once(reply, "end");
  return reply.statusCode;
};

const closed = (stream: EventEmitter) => new Promise((resolve) => stream.once("close", resolve));

test("long replies that nobody reads have a bound in all; short ones go on, and long ones once it is read", async () => {
  await listen(30 * mebibyte);
  const unread = await ask(20 * mebibyte);
  expect(await read(await ask(20 * mebibyte))).toBe(503);
  expect(await read(await ask(1000))).toBe(200);
  expect(await read(unread)).toBe(200);
  await expect.poll(async () => read(await ask(20 * mebibyte))).toBe(200);

  const cut = await ask(20 * mebibyte);
  cut.destroy();
  await expect.poll(async () => read(await ask(20 * mebibyte))).toBe(200);
});

test("whoever leaves most unread makes room for whoever leaves less, by connection and by network", async () => {
  await listen(40 * mebibyte);
  const hoarded = [await ask(20 * mebibyte), await ask(19 * mebibyte)];
  const cut = hoarded.map((reply) => closed(reply.on("error", () => {})));
  expect(await read(await ask(20 * mebibyte, "192.0.2.2"))).toBe(200);
  hoarded[0]?.resume();
  await cut[0];
  expect(hoarded[0]?.complete).toBe(false);
  // The other is read to its end.
  expect(await read(hoarded[1] as IncomingMessage)).toBe(200);
});

test("replies that are made while they are read count as well, for as long as they are open", async () => {
  await listen(2.5 * mebibyte);
  const exports = [await ask("made while read"), await ask("made while read")];
  expect(await read(await ask("made while read"))).toBe(503);
  expect(await read(await ask(mebibyte))).toBe(503);
  exports[0]?.on("error", () => {}).destroy();
  await expect.poll(async () => read(await ask(mebibyte))).toBe(200);
  exports[1]?.on("error", () => {});
});

test("one that is made while it is read and finds no room is ended, and with it what it holds", async () => {
  await listen(0.5 * mebibyte);
  expect(await read(await ask("made while read"))).toBe(503);
  expect(streams.map(({ destroyed }) => destroyed)).toEqual([true]);
});
