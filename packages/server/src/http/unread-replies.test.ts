import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { AppError, errorTable } from "@tessera/contract";
import fastify from "fastify";
import { afterEach, expect, test } from "vitest";
import { limitUnreadReplies } from "./unread-replies.ts";

const mebibyte = 1024 * 1024;
const app = fastify();
afterEach(() => app.close());

test("long replies that nobody reads have a bound in all; short ones go on, and long ones once it is read", async () => {
  limitUnreadReplies(app, 30 * mebibyte);
  app.setErrorHandler((error, _request, reply) =>
    reply.code(error instanceof AppError ? errorTable[error.code].status : 500).send("no"),
  );
  app.get("/", (request) => {
    const { letters } = request.query as { letters: string };
    return "a".repeat(Number(letters));
  });
  await app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = app.server.address() as AddressInfo;
  const ask = async (letters: number) => {
    const request = get({ port, host: "127.0.0.1", path: `/?letters=${letters}`, agent: false });
    const [reply] = (await once(request, "response")) as [IncomingMessage];
    return reply;
  };
  const read = async (reply: IncomingMessage) => {
    reply.resume();
    await once(reply, "end");
    return reply.statusCode;
  };
  const unread = await ask(20 * mebibyte);
  expect(await read(await ask(20 * mebibyte))).toBe(503);
  expect(await read(await ask(1000))).toBe(200);
  expect(await read(unread)).toBe(200);
  await expect.poll(async () => read(await ask(20 * mebibyte))).toBe(200);

  const cut = await ask(20 * mebibyte);
  cut.destroy();
  await expect.poll(async () => read(await ask(20 * mebibyte))).toBe(200);
});
