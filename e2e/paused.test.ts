import { afterEach, expect, test } from "vitest";
import { startListeningProxy } from "../packages/server/src/testing/listening-proxy.ts";
import { openTestPostgres } from "../packages/server/src/testing/test-databases.ts";
import { call } from "./call.ts";
import { newDataDir, removeDataDir, startServerProcess } from "./server-process.ts";

const admin = { username: "admin@example.test", password: "paused-test-password" };
const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

const anyDomain = "9d2f1f0e-58a4-4a4e-8a7e-0f4e1a2b3c4d";
/** Whoever is known gets an answer. */
const question = {
  domain_id: anyDomain,
  entity_type: "domains",
  entity_id: anyDomain,
  operation: "read",
};

test("a server process that was paused gives no yes from before: neither remembered, nor read and not yet answered", async () => {
  const { options, close } = await openTestPostgres();
  cleanUps.push(close);
  const { databaseUrl = "" } = options;
  const proxy = await startListeningProxy(databaseUrl);
  cleanUps.push(() => proxy.close());
  const start = async (url: string) => {
    const dataDir = await newDataDir();
    cleanUps.push(() => removeDataDir(dataDir));
    const server = await startServerProcess(dataDir, {
      DATABASE_URL: url,
      TESSERA_SECRET_KEY: "b7Qx2mVt9LrW4kZp8NcYf3HdJs6GaTe1",
      TESSERA_ADMIN_EMAIL: admin.username,
      TESSERA_ADMIN_PASSWORD: admin.password,
      TESSERA_LOG_LEVEL: "error",
    });
    cleanUps.push(() => server.stop("SIGKILL"));
    return server;
  };
  const here = await start(databaseUrl);
  const there = await start(proxy.urlOf(databaseUrl));
  const session = (await call(here.url, "POST", "/users/tokens/issue", { body: admin })).body;
  const newToken = async () =>
    (
      await call(here.url, "POST", "/pats", {
        bearer: session.access_token,
        body: { name: "ci", duration: "1h" },
      })
    ).body;
  const [remembered, beingRead] = [await newToken(), await newToken()];
  const ask = (secret: string) =>
    call(there.url, "POST", "/authorize", { bearer: secret, body: question });
  await expect.poll(async () => (await ask(remembered.secret)).status).toBe(200);

  // What PostgreSQL answers about it is on its way while the process stands still.
  proxy.set("freezes");
  const asked = ask(beingRead.secret);
  await expect.poll(() => proxy.heldBytes()).toBeGreaterThan(0);
  there.signal("SIGSTOP");
  for (const { id } of [remembered, beingRead]) {
    const path = `/pats/${id}/secret/revoke`;
    expect((await call(here.url, "PATCH", path, { bearer: session.access_token })).status).toBe(
      204,
    );
  }
  proxy.set("passes");
  await new Promise((resolve) => setTimeout(resolve, 4_000));
  there.signal("SIGCONT");
  expect([401, 503]).toContain((await asked).status);
  expect([401, 503]).toContain((await ask(remembered.secret)).status);
  await expect.poll(async () => (await ask(remembered.secret)).status).toBe(401);
});
