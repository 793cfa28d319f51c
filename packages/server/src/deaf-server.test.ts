import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type ListeningProxy, startListeningProxy } from "./testing/listening-proxy.ts";
import { requireStatus, startApp, type TestApp, type TestUser } from "./testing/start-app.ts";
import { openTestPostgres } from "./testing/test-databases.ts";

const postgres = { name: "PostgreSQL", open: openTestPostgres } as const;
const eventually = { timeout: 15_000, interval: 20 };

describe("a server that no longer hears what other servers change", () => {
  let here: TestApp;
  let there: TestApp;
  let proxy: ListeningProxy;
  let ada: TestUser;
  let domainId: string;

  beforeEach(async () => {
    here = await startApp(postgres);
    const { databaseUrl = "" } = here.testDatabase.options;
    proxy = await startListeningProxy(databaseUrl);
    ada = await here.newUser();
    domainId = await here.newDomain(ada);
  });
  afterEach(async () => {
    proxy.set("passes");
    await there.close();
    await here.close();
    await proxy.close();
  });

  const startThere = async () => {
    const { databaseUrl = "" } = here.testDatabase.options;
    there = await startApp(postgres, {
      sameDatabaseAs: here,
      reachedBy: { databaseUrl: proxy.urlOf(databaseUrl) },
    });
  };

  const cacheHits = async () => {
    // The figures are made once a second.
    there.clock.now += 1_000;
    const { body } = await there.nobody.call("GET", "/metrics");
    return Number(/principal_cache_lookups_total\{[^}]*hit[^}]*\} (\d+)/.exec(body)?.[1] ?? 0);
  };

  /** How long after the revocation the last request began that was let through. */
  const revokeAndAskUntilRefused = async (token: { id: string; secret: string }) => {
    const revoked = await ada.call("PATCH", `/pats/${token.id}/secret/revoke`);
    const revokedAt = performance.now();
    requireStatus(revoked, 204);
    let lastLetThroughAt = revokedAt;
    for (;;) {
      const askedAt = performance.now();
      const { status } = await there.bearer(token.secret).call("GET", `/domains/${domainId}`);
      if (status === 401) return lastLetThroughAt - revokedAt;
      requireStatus({ status, headers: {}, body: undefined }, 200);
      lastLetThroughAt = askedAt;
    }
  };

  test.each(["stalls", "loses_notifications"] as const)(
    "whose channel %s accepts a token revoked elsewhere for no more than a second",
    async (mode) => {
      await startThere();
      const token = await here.newToken(ada, domainId, ["domains:read"]);
      await vi.waitFor(async () => {
        const seen = await there.bearer(token.secret).call("GET", `/domains/${domainId}`);
        requireStatus(seen, 200);
        expect(await cacheHits()).toBeGreaterThan(0);
      }, eventually);
      proxy.set(mode);
      expect(await revokeAndAskUntilRefused(token)).toBeLessThanOrEqual(1_000);
      expect(there.deps.hub.epoch()).toBeUndefined();
    },
  );

  test("uses its caches again when the channel is back, and none of what it knew before", async () => {
    await startThere();
    const [kept, revoked] = [
      await here.newToken(ada, domainId, ["domains:read"]),
      await here.newToken(ada, domainId, ["domains:read"]),
    ];
    const view = (secret: string) => there.bearer(secret).call("GET", `/domains/${domainId}`);
    for (const { secret } of [kept, revoked]) requireStatus(await view(secret), 200);
    proxy.set("stalls");
    await revokeAndAskUntilRefused(revoked);
    proxy.set("passes");
    await vi.waitFor(() => expect(there.deps.hub.epoch()).toBeDefined(), eventually);
    expect((await view(revoked.secret)).status).toBe(401);
    requireStatus(await view(kept.secret), 200);
    const before = await cacheHits();
    await vi.waitFor(async () => {
      requireStatus(await view(kept.secret), 200);
      expect(await cacheHits()).toBeGreaterThan(before);
    }, eventually);
  });

  test("whose own connections freeze as well answers 503 within seconds, and no yes from before", async () => {
    await startThere();
    const token = await here.newToken(ada, domainId, ["domains:read"]);
    const view = () => there.bearer(token.secret).call("GET", `/domains/${domainId}`);
    requireStatus(await view(), 200);
    // What PostgreSQL has answered stays on the way.
    proxy.set("freezes");
    const askedAt = performance.now();
    const asked = view();
    requireStatus(await ada.call("PATCH", `/pats/${token.id}/secret/revoke`), 204);
    expect((await asked).status).toBe(503);
    expect(performance.now() - askedAt).toBeLessThan(9_000);
    proxy.set("passes");
    await vi.waitFor(async () => expect((await view()).status).toBe(401), eventually);
  });

  test("gives no answer that was read before a pause which its connections outlived", async () => {
    await startThere();
    const token = await here.newToken(ada, domainId, ["domains:read"]);
    const view = () => there.bearer(token.secret).call("GET", `/domains/${domainId}`);
    requireStatus(await view(), 200);
    proxy.set("freezes");
    const asked = view();
    requireStatus(await ada.call("PATCH", `/pats/${token.id}/secret/revoke`), 204);
    // Longer than an answer stays true. Where the patience ends before, that is told instead of any answer.
    await delay(3_500);
    proxy.set("passes");
    expect([401, 503]).toContain((await asked).status);
    await vi.waitFor(async () => expect((await view()).status).toBe(401), eventually);
  });

  test("that has never heard anything works, and remembers nothing", async () => {
    proxy.set("loses_notifications");
    await startThere();
    const token = await here.newToken(ada, domainId, ["domains:read"]);
    for (let times = 0; times < 3; times += 1) {
      const seen = await there.bearer(token.secret).call("GET", `/domains/${domainId}`);
      requireStatus(seen, 200);
    }
    expect([there.deps.hub.epoch(), await cacheHits()]).toEqual([undefined, 0]);
    requireStatus(await ada.call("PATCH", `/pats/${token.id}/secret/revoke`), 204);
    const refused = await there.bearer(token.secret).call("GET", `/domains/${domainId}`);
    expect(refused.status).toBe(401);
  });
});
