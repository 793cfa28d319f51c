import { randomBytes, randomUUID } from "node:crypto";
import { formatToken } from "@tessera/contract";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { TokenPrincipal } from "../../access/principal.ts";
import type { KnownHolder } from "../../http/refused-credential.ts";
import { deriveKeys } from "../../keys.ts";
import { onEveryDatabase, onOneDatabase } from "../../testing/on-every-database.ts";
import { requireStatus, startApp, type TestApp, type TestUser } from "../../testing/start-app.ts";
import { createRefusals, droppedAction } from "./refusals.ts";
import { verifyDatabase } from "./verify-database.ts";

/** On a busy machine. */
const patience = { timeout: 10_000, interval: 50 };

onEveryDatabase("a credential that lets nobody in", (kind) => {
  let server: TestApp;
  let ada: TestUser;
  let domainId: string;

  beforeAll(async () => {
    server = await startApp(kind, { build: { refusalsEveryMilliseconds: 20 } });
    ada = await server.newUser();
    domainId = await server.newDomain(ada);
  });
  afterAll(() => server.close());

  const newToken = (owner = ada, duration?: string) =>
    server.newToken(owner, domainId, ["domains:read:*"], duration);
  const rowsOf = (object: string) =>
    server.deps.database.read
      .selectFrom("audit_events")
      .selectAll()
      .where("entity_id", "=", object)
      .where("outcome", "=", "refused")
      .orderBy("seq")
      .execute();
  /** All that was refused is written in order: what comes after is there only with what came before. */
  const afterAllRefusals = async () => {
    const later = await newToken();
    requireStatus(await ada.call("PATCH", `/pats/${later.id}/secret/revoke`), 204);
    expect((await later.call("GET", `/domains/${domainId}`)).status).toBe(401);
    await vi.waitFor(async () => expect(await rowsOf(later.id)).toHaveLength(1), patience);
  };

  test("is on record with the reason where the token is known: revoked, expired, replaced, or of a disabled owner", async () => {
    const [revoked, replaced, short] = [
      await newToken(),
      await newToken(),
      await newToken(ada, "1h"),
    ];
    requireStatus(await ada.call("PATCH", `/pats/${revoked.id}/secret/revoke`), 204);
    requireStatus(
      await ada.call("PATCH", `/pats/${replaced.id}/secret/reset`, { duration: "24h" }),
      200,
    );
    const bob = await server.newUser();
    const ofBob = await server.newToken(bob, domainId, []);
    requireStatus(await server.admin.call("POST", `/users/${bob.id}/disable`), 200);
    server.clock.now += 2 * 3_600_000;
    const expected = [
      [revoked, "token_revoked"],
      [replaced, "secret_rotated"],
      [short, "token_expired"],
      [ofBob, "owner_disabled"],
    ] as const;
    for (const [token, reason] of expected) {
      for (let times = 0; times < 3; times += 1) {
        const { status, body } = await token.call("GET", `/domains/${domainId}`);
        expect([status, body.code]).toEqual([401, reason]);
      }
      await vi.waitFor(async () => expect(await rowsOf(token.id)).not.toEqual([]), patience);
      expect((await rowsOf(token.id))[0]).toMatchObject({
        reason,
        action: "domains.view",
        actor_kind: "token",
        actor_user_id: token === ofBob ? bob.id : ada.id,
        token_id: token.id,
        entity_type: "tokens",
        domain_id: null,
        chain: "refusals:platform",
        address: "127.0.0.1",
      });
    }
  });

  test("is on record for the owner where only a token's id was right, who did it is nobody known, and no secret is in it", async () => {
    ada = await server.signIn(ada.username, ada.password);
    const token = await newToken();
    const guess = formatToken("pat", token.id, randomBytes(32));
    for (const path of [`/domains/${domainId}`, "/domains", "/users/profile"]) {
      const { status, body } = await server.bearer(guess).call("GET", path);
      expect([status, body.code]).toEqual([401, "unauthenticated"]);
    }
    await afterAllRefusals();
    const rows = await rowsOf(token.id);
    expect(rows[0]).toMatchObject({
      reason: "wrong_secret",
      actor_kind: "anonymous",
      token_id: token.id,
    });
    const { records } = (await ada.call("GET", `/pats/audit?token=${token.id}`)).body;
    expect(records).toContainEqual(expect.objectContaining({ reason: "wrong_secret" }));
    const everything = JSON.stringify(
      await server.deps.database.read.selectFrom("audit_events").selectAll().execute(),
    );
    for (const secret of [guess, token.secret]) {
      expect(everything).not.toContain(secret.split("_")[2]);
    }
  });

  test("leaves no record where nothing of it is known", async () => {
    const unknown = randomUUID();
    const text = formatToken("pat", unknown, randomBytes(32));
    for (const credential of [text, `${text.slice(0, -1)}!`, "eyJhbGciOiJFZERTQSJ9.e30.AAAA"]) {
      expect((await server.bearer(credential).call("GET", "/domains")).status).toBe(401);
    }
    await afterAllRefusals();
    expect(await rowsOf(unknown)).toEqual([]);
  });

  test("is on record where its session was ended, also when it is renewed; one that only wants renewing is not", async () => {
    const eve = await server.newUser();
    const first = await server.signIn(eve.username, eve.password);
    const { refresh_tokens: sessions } = (await first.call("GET", "/users/tokens/refresh-tokens"))
      .body;
    const { id } = sessions.find(({ current }: { current: boolean }) => current);
    requireStatus(await first.call("POST", "/users/tokens/revoke", { token_id: id }), 204);
    expect((await first.call("GET", "/domains")).status).toBe(401);
    const renewal = await server.bearer(first.refreshToken).call("POST", "/users/tokens/refresh");
    expect(renewal.status).toBe(401);
    await vi.waitFor(async () => expect(await rowsOf(id)).toHaveLength(2), patience);
    for (const row of await rowsOf(id)) {
      expect(row).toMatchObject({
        reason: "session_ended",
        actor_kind: "session",
        actor_user_id: eve.id,
        session_id: id,
      });
    }
    server.clock.now += server.deps.config.access_token_lifetime + 1_000;
    expect((await ada.call("GET", "/domains")).body.code).toBe("token_expired");
    ada = await server.signIn(ada.username, ada.password);
    await afterAllRefusals();
    const expired = await server.deps.database.read
      .selectFrom("audit_events")
      .select("id")
      .where("entity_type", "=", "sessions")
      .where("reason", "=", "token_expired")
      .execute();
    expect(expired).toEqual([]);
  });

  test("leaves a chain that is proved", async () => {
    const { database, keys } = server.deps;
    expect((await verifyDatabase(database, keys.audit, [])).faults).toEqual([]);
  });
});

onOneDatabase("a flood of credentials that let nobody in", (kind) => {
  const setUp = async () => {
    const { database, close } = await kind.open();
    const keys = deriveKeys("only tests sign by these words, 32 long");
    const log = pino({ level: "silent" });
    const world = { database, keys, log, clock: () => 1_000_000, newId: randomUUID };
    const refusals = createRefusals(world, { everyMilliseconds: 24 * 3_600_000, forwardedTo: [] });
    const written = async () => {
      await refusals.flush();
      return database.read
        .selectFrom("audit_events")
        .selectAll()
        .where("chain", "=", "refusals:platform")
        .execute();
    };
    return { close, refusals, written };
  };
  const shown = (operation: string) => ({
    operation,
    target: { domainId: "", entityType: "tokens", entityId: "" },
    because: "wrong_secret" as const,
  });
  const holder = (id: string, isProven: boolean): KnownHolder => ({
    ...{ kind: "token", id, userId: "u", isProven },
  });
  const working = { kind: "token", tokenId: "good", userId: "u" } as TokenPrincipal;

  test("by who only knows ids is few rows, and takes no room of the owner's other tokens", async () => {
    const { refusals, written, close } = await setUp();
    for (let index = 0; index < 5_000; index += 1) {
      const address = `192.0.2.${index % 250}`;
      refusals.credentialRefused(holder(`t${index % 500}`, false), shown(`x.${index}`), address);
    }
    for (const operation of ["clients.view", "clients.delete"]) {
      refusals.refused(working, { ...shown(operation), because: "scope_missing" }, "192.0.2.9");
    }
    refusals.credentialRefused(holder("old", true), shown("clients.list"), "192.0.2.9");
    const rows = await written();
    const actions = rows.map(({ action }) => action);
    expect(actions).toEqual(
      expect.arrayContaining(["clients.view", "clients.delete", "clients.list", droppedAction]),
    );
    expect(rows).toHaveLength(100 + 3 + 1);
    const counts = rows.map(({ details }) => Number(JSON.parse(details).count));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(5_003);
    await close();
  });

  test("that was right once takes no room of what the same user's tokens are refused", async () => {
    const { refusals, written, close } = await setUp();
    for (let index = 0; index < 1_000; index += 1) {
      refusals.credentialRefused(holder(`t${index % 10}`, true), shown(`x.${index}`), "192.0.2.1");
    }
    for (let index = 0; index < 20; index += 1) {
      refusals.refused(working, { ...shown(`y.${index}`), because: "scope_missing" }, "192.0.2.9");
    }
    const actions = (await written()).map(({ action }) => action);
    expect(actions.filter((action) => action.startsWith("x."))).toHaveLength(20);
    expect(actions.filter((action) => action.startsWith("y."))).toHaveLength(20);
    await close();
  });
});
