import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createClient } from "./client.ts";

const day = 86_400_000;
let server: Server;
let headers: Record<string, string> = {};

beforeAll(async () => {
  server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "application/json", ...headers });
    response.end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(() => void server.close().closeAllConnections());
beforeEach(() => {
  headers = {};
});

const inDays = (days: number) => new Date(Date.now() + days * day).toISOString();

/** What a client says of its token in so many calls. */
async function warningsOf(calls: number): Promise<readonly string[]> {
  const warnings: string[] = [];
  const client = createClient({
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { kind: "bearer", token: "pat_x" },
    warn: (message) => void warnings.push(message),
  });
  for (let count = 0; count < calls; count += 1) await client.tokens.view_self();
  return warnings;
}

test("a token that ends within seven days is told of once", async () => {
  const end = inDays(6);
  headers = { "tessera-token-expires": end };
  expect(await warningsOf(3)).toEqual([`this token ends at ${end}`]);
});

test("a token that was replaced is told of, however long it works", async () => {
  const end = inDays(20);
  headers = { "tessera-token-expires": end, "tessera-token-secret": `retiring; dies=${end}` };
  expect(await warningsOf(2)).toEqual([
    `this token has a new secret, and this one works until ${end}`,
  ]);
});

test("nothing is told of a token that lives longer, nor where the server says nothing sensible", async () => {
  for (const said of [inDays(8), "soon", ""]) {
    headers = said === "" ? {} : { "tessera-token-expires": said };
    expect(await warningsOf(2)).toEqual([]);
  }
});
