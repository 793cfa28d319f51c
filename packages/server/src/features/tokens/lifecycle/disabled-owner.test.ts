import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { restorableTokensStatements } from "../../../store/migrations/0009-restorable-tokens.ts";
import { postgresWords, sqliteWords } from "../../../store/migrations/sql-words.ts";
import { onEveryDatabase } from "../../../testing/on-every-database.ts";
import {
  requireStatus,
  startApp,
  type TestApp,
  type TestUser,
} from "../../../testing/start-app.ts";
import { openTestPostgres } from "../../../testing/test-databases.ts";
import { tokenRow, userRow } from "../../../testing/test-rows.ts";

onEveryDatabase("the tokens of a person who was disabled", (kind) => {
  let testApp: TestApp;
  beforeAll(async () => {
    testApp = await startApp(kind);
  });
  afterAll(() => testApp.close());

  const change = async (user: TestUser, what: "disable" | "enable") => {
    // The administrator's password was given too long ago once a test has moved the clock.
    const { username, password } = testApp.admin;
    const admin = await testApp.signIn(username, password);
    requireStatus(await admin.call("POST", `/users/${user.id}/${what}`), 200);
  };
  /** Somebody with tokens who was disabled and enabled again, and has signed in anew. */
  const disabledOnce = async (tokens = 1, duration = "24h") => {
    const before = await testApp.newUser();
    const domainId = await testApp.newDomain(before);
    const made = [];
    for (let index = 0; index < tokens; index += 1) {
      made.push(await testApp.newToken(before, domainId, ["domains:read:*"], duration));
    }
    await change(before, "disable");
    await change(before, "enable");
    const owner = await testApp.signIn(before.username, before.password);
    return { owner, domainId, made, path: `/domains/${domainId}` };
  };
  const restore = (owner: TestUser, id: string) =>
    owner.call("PATCH", `/pats/${id}/secret/restore`);
  const eventsOf = (tokenId: string) =>
    testApp.deps.database.read
      .selectFrom("audit_events")
      .select(["action", "actor_user_id", "details"])
      .where("entity_id", "=", tokenId)
      .where("action", "!=", "tokens.create")
      .orderBy("at")
      .execute();

  test("do not revive when the person is enabled again, even while they are cached", async () => {
    const ada = await testApp.newUser();
    const domainId = await testApp.newDomain(ada);
    const token = await testApp.newToken(ada, domainId, ["domains:read:*"]);
    const path = `/domains/${domainId}`;
    expect((await token.call("GET", path)).status).toBe(200);
    await change(ada, "disable");
    const while_ = await token.call("GET", path);
    expect([while_.status, while_.body.code]).toEqual([401, "owner_disabled"]);
    await change(ada, "enable");
    const after = await token.call("GET", path);
    expect([after.status, after.body.code]).toEqual([401, "token_revoked"]);
    expect((await ada.call("GET", "/pats")).status).toBe(401);
    const { admin } = testApp;
    expect(await eventsOf(token.id)).toEqual([
      { action: "tokens.revoke", actor_user_id: admin.id, details: '{"because":"owner_disabled"}' },
    ]);
  });

  test("work again one by one, as their owner restores them", async () => {
    const { owner, made, path } = await disabledOnce(2);
    const [one, other] = made;
    if (one === undefined || other === undefined) throw new Error("there are no tokens");
    const listed = (await owner.call("GET", "/pats?status=revoked")).body;
    expect(listed.total).toBe(2);
    for (const token of listed.pats) {
      expect(token).toMatchObject({ status: "revoked", revoked: true, restorable: true });
    }
    const restored = requireStatus(await restore(owner, one.id), 200);
    expect(restored).toMatchObject({ id: one.id, status: "active" });
    expect(restored).not.toHaveProperty("revoked");
    expect(restored).not.toHaveProperty("restorable");
    expect(restored.revoked_at).toBe("0001-01-01T00:00:00Z");
    expect((await one.call("GET", path)).status).toBe(200);
    expect((await other.call("GET", path)).body.code).toBe("token_revoked");
    expect((await eventsOf(one.id)).map(({ action }) => action)).toEqual([
      "tokens.revoke",
      "tokens.restore",
    ]);
    // Once more changes nothing, and is no event.
    expect((await restore(owner, one.id)).body.status).toBe("active");
    expect(await eventsOf(one.id)).toHaveLength(2);
    await change(owner, "disable");
    await change(owner, "enable");
    expect((await one.call("GET", path)).body.code).toBe("token_revoked");
  });

  test("are restored by nobody else, and with no token", async () => {
    const { owner, domainId, made, path } = await disabledOnce();
    const [token] = made;
    if (token === undefined) throw new Error("there is no token");
    const other = await testApp.newUser();
    expect((await restore(other, token.id)).status).toBe(404);
    expect((await restore(testApp.admin, token.id)).status).toBe(404);
    const key = await testApp.newToken(owner, domainId, ["domains:read:*"]);
    const byToken = await key.call("PATCH", `/pats/${token.id}/secret/restore`);
    expect([byToken.status, byToken.body.code]).toEqual([403, "session_required"]);
    expect((await testApp.nobody.call("PATCH", `/pats/${token.id}/secret/restore`)).status).toBe(
      401,
    );
    expect((await token.call("PATCH", `/pats/${token.id}/secret/restore`)).status).toBe(401);
    expect((await token.call("GET", path)).body.code).toBe("token_revoked");
  });

  test("that their owner had revoked stay revoked", async () => {
    const ada = await testApp.newUser();
    const domainId = await testApp.newDomain(ada);
    const token = await testApp.newToken(ada, domainId, ["domains:read:*"]);
    requireStatus(await ada.call("PATCH", `/pats/${token.id}/secret/revoke`), 204);
    await change(ada, "disable");
    await change(ada, "enable");
    const owner = await testApp.signIn(ada.username, ada.password);
    expect((await owner.call("GET", `/pats/${token.id}`)).body).not.toHaveProperty("restorable");
    const refused = await restore(owner, token.id);
    expect([refused.status, refused.body.code]).toEqual([409, "conflict"]);
    expect((await token.call("GET", `/domains/${domainId}`)).body.code).toBe("token_revoked");
  });

  test("end for good once their owner revokes them, or gets new secrets", async () => {
    const { owner, made, path } = await disabledOnce(2);
    const [revoked, renewed] = made;
    if (revoked === undefined || renewed === undefined) throw new Error("there are no tokens");
    requireStatus(await owner.call("PATCH", `/pats/${revoked.id}/secret/revoke`), 204);
    expect((await restore(owner, revoked.id)).status).toBe(409);
    expect((await revoked.call("GET", path)).body.code).toBe("token_revoked");
    const reset = `/pats/${renewed.id}/secret/reset`;
    const { secret } = requireStatus(await owner.call("PATCH", reset, { duration: "1h" }), 200);
    expect((await testApp.bearer(secret).call("GET", path)).status).toBe(200);
    requireStatus(await owner.call("PATCH", `/pats/${renewed.id}/secret/revoke`), 204);
    expect((await restore(owner, renewed.id)).status).toBe(409);
    expect((await renewed.call("GET", path)).status).toBe(401);
    expect((await testApp.bearer(secret).call("GET", path)).body.code).toBe("token_revoked");
  });

  test("end for good once their holder ends them, or an administrator who was given them", async () => {
    const { owner, made, path } = await disabledOnce(3);
    const [ended, found, whileDisabled] = made;
    if (ended === undefined || found === undefined || whileDisabled === undefined) {
      throw new Error("there are no tokens");
    }
    requireStatus(await ended.call("DELETE", "/pats/self"), 204);
    const given = { token: found.secret };
    const revoked = await testApp.admin.call("POST", "/admin/tokens/revoke", given);
    expect(requireStatus(revoked, 200).status).toBe("revoked");
    await change(owner, "disable");
    requireStatus(await whileDisabled.call("DELETE", "/pats/self"), 204);
    await change(owner, "enable");
    const again = await testApp.signIn(owner.username, owner.password);
    for (const token of made) {
      expect((await again.call("GET", `/pats/${token.id}`)).body).not.toHaveProperty("restorable");
      expect((await restore(again, token.id)).status).toBe(409);
      expect((await token.call("GET", path)).body.code).toBe("token_revoked");
    }
    const last = async (id: string) => (await eventsOf(id)).at(-1)?.action;
    expect(await last(ended.id)).toBe("tokens.end_self");
    expect(await last(found.id)).toBe("tokens.revoke_found");
    // Once more changes nothing, and is no event.
    requireStatus(await ended.call("DELETE", "/pats/self"), 204);
    requireStatus(await testApp.admin.call("POST", "/admin/tokens/revoke", given), 200);
    expect(await eventsOf(ended.id)).toHaveLength(2);
    expect(await eventsOf(found.id)).toHaveLength(2);
  });

  test("are not restored beyond the time that they were given", async () => {
    const { owner, made, path } = await disabledOnce(1, "1h");
    const [token] = made;
    if (token === undefined) throw new Error("there is no token");
    testApp.clock.now += 3_600_000;
    const late = await testApp.signIn(owner.username, owner.password);
    expect((await late.call("GET", `/pats/${token.id}`)).body).not.toHaveProperty("restorable");
    const refused = await restore(late, token.id);
    expect([refused.status, refused.body.code]).toEqual([409, "conflict"]);
    expect((await token.call("GET", path)).status).toBe(401);
  });
});

test("tokens do not revive on another server either, which had cached them", async () => {
  const first = await startApp({ name: "PostgreSQL", open: openTestPostgres });
  const second = await startApp(
    { name: "PostgreSQL", open: openTestPostgres },
    { sameDatabaseAs: first },
  );
  const ada = await first.newUser();
  const domainId = await first.newDomain(ada);
  const { secret } = await first.newToken(ada, domainId, ["domains:read:*"]);
  const ask = async () =>
    (await second.bearer(secret).call("GET", `/domains/${domainId}`)).body.code as string;
  expect(await ask()).toBeUndefined();
  requireStatus(await first.admin.call("POST", `/users/${ada.id}/disable`), 200);
  await expect.poll(ask).toBe("owner_disabled");
  requireStatus(await first.admin.call("POST", `/users/${ada.id}/enable`), 200);
  await expect.poll(ask).toBe("token_revoked");
  await second.close();
  await first.close();
});

onEveryDatabase("tokens of people who were disabled before there was such a state", (kind) => {
  test("do not revive, and those of others stay as they are", async () => {
    const { database, close } = await kind.open();
    const words = kind.name === "SQLite" ? sqliteWords : postgresWords;
    const disabled = userRow({ status: "disabled", updated_at: 5000 });
    const enabled = userRow({ status: "enabled", updated_at: 5000 });
    const tokens = [disabled, disabled, enabled].map(({ id }) => tokenRow({ user_id: id }));
    const [lives, wasRevoked, others] = tokens;
    if (wasRevoked !== undefined) wasRevoked.revoked_at = 4000;
    await database.inTransaction(async (trx) => {
      await trx.insertInto("users").values([disabled, enabled]).execute();
      await trx.insertInto("tokens").values(tokens).execute();
      await sql`alter table tokens drop column is_restorable`.execute(trx);
      for (const statement of restorableTokensStatements(words)) {
        await sql.raw(statement).execute(trx);
      }
    });
    const rows = await database.read
      .selectFrom("tokens")
      .select(["id", "revoked_at", "is_restorable"])
      .execute();
    expect(rows).toHaveLength(3);
    expect(rows).toEqual(
      expect.arrayContaining([
        { id: lives?.id, revoked_at: 5000, is_restorable: 1 },
        { id: wasRevoked?.id, revoked_at: 4000, is_restorable: 0 },
        { id: others?.id, revoked_at: null, is_restorable: 0 },
      ]),
    );
    await close();
  });
});
