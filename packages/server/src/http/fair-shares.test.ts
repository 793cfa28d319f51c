import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Endpoint } from "@tessera/contract";
import fastify, { type FastifyInstance } from "fastify";
import { afterEach, expect, test } from "vitest";
import { shareFairly } from "./fair-shares.ts";

const mebibyte = 1024 * 1024;
const endpoint = {
  id: "things.list",
  method: "GET",
  path: "/things",
  access: { kind: "session" },
} as unknown as Endpoint;

let app: FastifyInstance;
afterEach(() => app.close());

/** A server of one list, `?letters=` long, which takes the database no time. */
async function serve(limits: { readonly listTime: number; readonly listsAtOnce: number }) {
  app = fastify();
  const config = {
    changes_per_minute: 100,
    changes_at_once: 100,
    lists_per_minute: 1000,
    lists_at_once: limits.listsAtOnce,
    list_time_per_minute: limits.listTime,
  };
  const deps = { config, clock: () => 0, runFor: <T>(_whom: unknown, work: () => T) => work() };
  const shares = shareFairly(app, deps).of(endpoint);
  app.decorateRequest("principal", undefined);
  app.route({
    method: "GET",
    url: "/things",
    preHandler: async (request) => {
      request.principal = {
        kind: "session",
        userId: "u",
        sessionId: "s",
        isAdmin: false,
        confirmedAt: 0,
        expiresAt: 1,
      };
      shares.take(request);
    },
    handler: (request) => {
      const { letters } = request.query as { letters: string };
      return shares.run(request, () => "a".repeat(Number(letters)));
    },
  });
  app.setErrorHandler((error, _request, reply) =>
    reply.code(429).send(error instanceof Error ? error.message : ""),
  );
  await app.ready();
  return {
    ask: async (letters: number) =>
      app.inject({ url: "/things", query: { letters: `${letters}` } }),
  };
}

test("a long reply uses up its user's time for lists, also where the database took none", async () => {
  const { ask } = await serve({ listTime: 100, listsAtOnce: 10 });
  for (let count = 0; count < 50; count += 1) expect((await ask(1000)).statusCode).toBe(200);
  expect((await ask(4 * mebibyte)).statusCode).toBe(200);
  const refused = await ask(1000);
  expect(refused.statusCode).toBe(429);
  expect(refused.body).toContain("lists that take 100 ms");
});

test("a list is under way until its reply is read, and no longer", async () => {
  const { ask } = await serve({ listTime: 60_000, listsAtOnce: 1 });
  await app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = app.server.address() as AddressInfo;
  const request = get({ port, host: "127.0.0.1", path: `/things?letters=${20 * mebibyte}` });
  const [unread] = (await once(request, "response")) as [IncomingMessage];
  expect((await ask(1)).statusCode).toBe(429);
  unread.resume();
  await once(unread, "end");
  expect((await ask(1)).statusCode).toBe(200);
  const other = get({ port, host: "127.0.0.1", path: `/things?letters=${20 * mebibyte}` });
  const [cut] = (await once(other, "response")) as [IncomingMessage];
  const closed = new Promise((resolve) => {
    cut.once("close", resolve);
  });
  cut.destroy();
  await closed;
  await expect.poll(async () => (await ask(1)).statusCode).toBe(200);
});
