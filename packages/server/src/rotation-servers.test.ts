import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type ListeningProxy, startListeningProxy } from "./testing/listening-proxy.ts";
import { onEveryDatabase } from "./testing/on-every-database.ts";
import { requireStatus, startApp, type TestApp, type TestUser } from "./testing/start-app.ts";
import { openTestPostgres } from "./testing/test-databases.ts";

const postgres = { name: "PostgreSQL", open: openTestPostgres } as const;

const rotate = async (owner: TestUser, id: string): Promise<string> =>
  requireStatus(await owner.call("POST", `/pats/${id}/rotate`, {}), 201).secret;

const countOf = async ({ deps }: TestApp, action: string, tokenId: string) => {
  const events = await deps.database.read
    .selectFrom("audit_events")
    .select("id")
    .where("entity_id", "=", tokenId)
    .where("action", "=", action)
    .execute();
  return events.length;
};

onEveryDatabase("the first use of a new secret", (kind) => {
  test("that many requests make at once is answered to all, and cuts over once", async () => {
    const server = await startApp(kind);
    const owner = await server.newUser();
    const token = await server.newToken(owner, await server.newDomain(owner), []);
    const next = server.bearer(await rotate(owner, token.id));
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => next.call("GET", "/pats/self")),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(await countOf(server, "tokens.secret_confirmed", token.id)).toBe(1);
    expect((await token.call("GET", "/pats/self")).body.code).toBe("secret_rotated");
    await server.close();
  });
});

describe("with several servers, the first use of a new secret", () => {
  let here: TestApp;
  let there: TestApp;
  let proxy: ListeningProxy;
  let owner: TestUser;
  let token: Awaited<ReturnType<TestApp["newToken"]>>;

  beforeEach(async () => {
    here = await startApp(postgres);
    const { databaseUrl = "" } = here.testDatabase.options;
    proxy = await startListeningProxy(databaseUrl);
    const reachedBy = { databaseUrl: proxy.urlOf(databaseUrl) };
    there = await startApp(postgres, { sameDatabaseAs: here, reachedBy });
    owner = await here.newUser();
    token = await here.newToken(owner, await here.newDomain(owner), []);
  });
  afterEach(async () => {
    proxy.set("passes");
    await there.close();
    await here.close();
    await proxy.close();
  });

  const ask = (server: TestApp, secret: string) => server.bearer(secret).call("GET", "/pats/self");

  test("at one of them ends the old one at all of them", async () => {
    const next = await rotate(owner, token.id);
    // Known to both, so that neither reads it again for its own sake.
    for (let times = 0; times < 2; times += 1) {
      for (const server of [here, there]) requireStatus(await ask(server, token.secret), 200);
    }
    requireStatus(await ask(here, next), 200);
    await expect
      .poll(async () => (await ask(there, token.secret)).body.code)
      .toBe("secret_rotated");
    for (const server of [here, there]) {
      expect((await ask(server, token.secret)).body.code).toBe("secret_rotated");
      requireStatus(await ask(server, next), 200);
    }
  });

  test("at two of them at once is answered at both, and cuts over once", async () => {
    for (let round = 0; round < 5; round += 1) {
      const next = await rotate(owner, token.id);
      const answers = await Promise.all([ask(here, next), ask(there, next), ask(here, next)]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(await countOf(here, "tokens.secret_confirmed", token.id)).toBe(round + 1);
    }
  });

  test("is 503 where the database cannot be reached, nothing is half done, and the old one works on", async () => {
    const next = await rotate(owner, token.id);
    requireStatus(await ask(here, token.secret), 200);
    proxy.set("freezes");
    expect((await ask(there, next)).status).toBe(503);
    requireStatus(await ask(here, token.secret), 200);
    expect(await countOf(here, "tokens.secret_confirmed", token.id)).toBe(0);
    proxy.set("passes");
    requireStatus(await ask(here, next), 200);
    expect((await ask(here, token.secret)).body.code).toBe("secret_rotated");
  });
});
