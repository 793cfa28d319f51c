import { createServer } from "node:http";
import { createClient, TesseraError } from "@tessera/sdk";
import { expect, test } from "vitest";
import { listen } from "./testing/recording-server.ts";
import { fetchWithin } from "./time-limit.ts";

test("an answer that never ends is given up, and its connection is closed", async () => {
  const { promise: closed, resolve } = Promise.withResolvers<number>();
  const piece = "a".repeat(64 * 1024);
  const server = createServer((_, reply) => {
    let sent = 0;
    const goOn = () => {
      while (!reply.destroyed && reply.write(piece)) sent += piece.length;
    };
    reply.writeHead(200, { "content-type": "application/json" });
    reply.on("drain", goOn).on("close", () => resolve(sent));
    goOn();
  });
  const baseUrl = await listen(server);
  const client = createClient({ baseUrl, longestReply: 1, fetch: fetchWithin(60) });
  const failure = await client.service.health().catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(TesseraError);
  expect(failure).toMatchObject({
    code: "unexpected_reply",
    message: "The answer is longer than 1 MiB; is this a Tessera server?",
  });
  // What was under way is all that was read beyond.
  expect(await closed).toBeLessThan(64 * 1024 * 1024);
  server.close();
});

test("what is no longer than that arrives whole", async () => {
  const status = "ä".repeat(250_000);
  const server = createServer((_, reply) => {
    reply.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ status }));
  });
  const baseUrl = await listen(server);
  const client = createClient({ baseUrl, longestReply: 1, fetch: fetchWithin(60) });
  expect(await client.service.health()).toEqual({ status });
  server.close();
});
