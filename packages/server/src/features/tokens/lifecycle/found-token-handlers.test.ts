import { randomBytes, randomUUID } from "node:crypto";
import { formatToken } from "@tessera/contract";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { onEveryDatabase } from "../../../testing/on-every-database.ts";
import {
  requireStatus,
  startApp,
  type TestApp,
  type TestUser,
} from "../../../testing/start-app.ts";

const minute = 60_000;

onEveryDatabase("a token that somebody found", (kind) => {
  let server: TestApp;
  let owner: TestUser;
  let domainId: string;
  let token: Awaited<ReturnType<TestApp["newToken"]>>;

  beforeAll(async () => {
    server = await startApp(kind);
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    owner = await server.newUser();
    domainId = await server.newDomain(owner);
    token = await server.newToken(owner, domainId, ["domains:read"], "24h");
  });

  const end = (secret = token.secret) => server.bearer(secret).call("DELETE", "/pats/self");
  const view = async () => requireStatus(await owner.call("GET", `/pats/${token.id}`), 200);
  const read = () => token.call("GET", `/domains/${domainId}`);
  const auditOf = (id: string) =>
    server.testDatabase.database.read
      .selectFrom("audit_events")
      .selectAll()
      .where("entity_id", "=", id)
      .where("action", "!=", "tokens.create")
      .execute();
  const disableOwner = async () => {
    // The administrator's password was given too long ago once tests have moved the clock.
    const admin = await server.signIn(server.admin.username, server.admin.password);
    requireStatus(await admin.call("POST", `/users/${owner.id}/disable`), 200);
  };
  const requireUnrestorable = async () => {
    requireStatus(await server.admin.call("POST", `/users/${owner.id}/enable`), 200);
    const signedIn = await server.signIn(owner.username, owner.password);
    const restored = await signedIn.call("PATCH", `/pats/${token.id}/secret/restore`);
    expect([restored.status, restored.body.code]).toEqual([409, "conflict"]);
    expect((await read()).body.code).toBe("token_revoked");
  };
  const withOtherSecret = (id: string) => formatToken("pat", id, randomBytes(32));

  describe("is ended by its holder", () => {
    test("with the token itself, whatever its scopes are, and is refused from then on", async () => {
      requireStatus(await read(), 200);
      requireStatus(await end(), 204);
      expect((await read()).body.code).toBe("token_revoked");
      expect(await view()).toMatchObject({ status: "revoked", revoked: true });
      const [row, ...others] = await auditOf(token.id);
      expect(others).toEqual([]);
      expect(row).toMatchObject({
        action: "tokens.end_self",
        actor_kind: "token",
        token_id: token.id,
      });
      expect(JSON.parse(String(row?.details))).toEqual({
        reason: "ended by its holder",
        owner_id: owner.id,
      });
      const empty = await server.newToken(owner, domainId, []);
      requireStatus(await empty.call("DELETE", "/pats/self"), 204);
      expect((await empty.call("GET", "/domains")).body.code).toBe("token_revoked");
    });

    test("again, and when it was revoked or has expired: done, and nothing changes", async () => {
      requireStatus(await owner.call("PATCH", `/pats/${token.id}/secret/revoke`), 204);
      const expired = await server.newToken(owner, domainId, [], "5m");
      const before = await view();
      server.clock.now += 5 * minute;
      for (const secret of [token.secret, token.secret, expired.secret]) {
        requireStatus(await end(secret), 204);
      }
      const after = await view();
      for (const ofUse of ["use_count", "last_used_at", "last_used_address", "secrets"]) {
        delete after[ofUse];
      }
      expect(before).toMatchObject(after);
      expect((await auditOf(token.id)).map(({ action }) => action)).toEqual(["tokens.revoke"]);
      expect(await auditOf(expired.id)).toEqual([]);
    });

    test("also while its owner is disabled, who cannot restore it afterwards", async () => {
      await disableOwner();
      requireStatus(await end(), 204);
      await requireUnrestorable();
    });

    test("only by the whole token: a wrong secret, a session and nobody end nothing", async () => {
      const wrong = await end(withOtherSecret(token.id));
      expect([wrong.status, wrong.body.code]).toEqual([401, "unauthenticated"]);
      const session = await owner.call("DELETE", "/pats/self");
      expect([session.status, session.body.code]).toEqual([403, "token_required"]);
      expect((await server.nobody.call("DELETE", "/pats/self")).status).toBe(401);
      requireStatus(
        await owner.call("PATCH", `/pats/${token.id}/secret/reset`, { duration: "1h" }),
        200,
      );
      expect((await end()).status).toBe(401);
      expect((await view()).status).toBe("active");
    });
  });

  describe("is given to an administrator", () => {
    const lookup = (secret: string, by: { call: TestUser["call"] } = server.admin) =>
      by.call("POST", "/admin/tokens/lookup", { token: secret });
    const revoke = (secret: string, by: { call: TestUser["call"] } = server.admin) =>
      by.call("POST", "/admin/tokens/revoke", { token: secret });

    test("who finds its owner, its name, its state and its end, and nothing of its secret", async () => {
      const { body } = await lookup(`  ${token.secret}\n`);
      const { expires_at, issued_at } = await view();
      expect(body).toEqual({
        id: token.id,
        name: "ci",
        status: "active",
        issued_at,
        expires_at,
        revoked_at: "0001-01-01T00:00:00Z",
        last_used_at: "0001-01-01T00:00:00Z",
        owner: { id: owner.id, username: owner.username, email: owner.email, status: "enabled" },
      });
      requireStatus(await read(), 200);
      const [row] = await auditOf(token.id);
      expect(row).toMatchObject({ action: "tokens.lookup", actor_user_id: server.admin.id });
      expect(JSON.parse(String(row?.details))).toEqual({ found: true, owner_id: owner.id });
      const told = [JSON.stringify(body), JSON.stringify(row), ...server.logLines].join("\n");
      expect(told).not.toContain(token.secret.split("_")[2]);
    });

    test("who is told the state of one that has expired or was revoked", async () => {
      requireStatus(await end(), 204);
      expect((await lookup(token.secret)).body).toMatchObject({ status: "revoked" });
      const short = await server.newToken(owner, domainId, [], "5m");
      server.clock.now += 5 * minute;
      expect((await lookup(short.secret)).body).toMatchObject({ status: "expired" });
    });

    test("and is unknown with a wrong secret, like one that never was", async () => {
      const answers = [];
      for (const id of [token.id, randomUUID()]) {
        const text = withOtherSecret(id);
        for (const ask of [lookup, revoke]) {
          const { status, body } = await ask(text);
          const { request_id: _, ...told } = body;
          answers.push({ status, told });
        }
        expect((await auditOf(id)).map(({ action }) => action)).toEqual(["tokens.lookup"]);
      }
      expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
      expect(answers[0]).toMatchObject({ status: 404, told: { code: "not_found" } });
      requireStatus(await read(), 200);
    });

    test("and is refused by the field's name where it is not whole", async () => {
      for (const text of [token.secret.slice(1), token.secret.slice(0, -1), "", "x", 7]) {
        const { status, body } = await lookup(text as string);
        expect([status, body.code, body.field]).toEqual([400, "invalid_body", "token"]);
        if (String(text).length > 9) expect(JSON.stringify(body)).not.toContain(text);
      }
    });

    test("who revokes it: it is refused from then on, and its owner sees it", async () => {
      const { body } = await revoke(token.secret);
      expect(body).toMatchObject({ id: token.id, status: "revoked", owner: { id: owner.id } });
      expect((await read()).body.code).toBe("token_revoked");
      const seen = await view();
      expect(seen).toMatchObject({ status: "revoked", revoked_at: body.revoked_at });
      server.clock.now += minute;
      expect((await revoke(token.secret)).body).toEqual(body);
      const [row, ...others] = await auditOf(token.id);
      expect(others).toEqual([]);
      expect(row).toMatchObject({ action: "tokens.revoke_found", actor_kind: "session" });
      expect(JSON.parse(String(row?.details))).toEqual({
        reason: "found by an administrator",
        owner_id: owner.id,
      });
    });

    test("who revokes it also while its owner is disabled, who cannot restore it afterwards", async () => {
      await disableOwner();
      const { body } = await revoke(token.secret);
      expect(body).toMatchObject({ status: "revoked", owner: { status: "disabled" } });
      await requireUnrestorable();
    });

    test("by session only: to others, and to an administrator's token, it is refused", async () => {
      const ofAdmin = await server.newToken(server.admin, domainId, ["domains:read"]);
      for (const [caller, status, code] of [
        [owner, 403, "owner_lacks_permission"],
        [ofAdmin, 403, "session_required"],
        [server.nobody, 401, "unauthenticated"],
      ] as const) {
        for (const ask of [lookup, revoke]) {
          const answer = await ask(token.secret, caller);
          expect([answer.status, answer.body.code]).toEqual([status, code]);
        }
      }
      requireStatus(await read(), 200);
      expect(await auditOf(token.id)).toEqual([]);
    });

    test("who looks up sixty a minute, and is told when again", async () => {
      const text = withOtherSecret(randomUUID());
      server.clock.now += minute;
      const statuses = [];
      for (let count = 0; count < 60; count += 1) statuses.push((await lookup(text)).status);
      expect(new Set(statuses)).toEqual(new Set([404]));
      const refused = await lookup(text);
      expect([refused.status, refused.headers["retry-after"]]).toEqual([429, "1"]);
      expect((await revoke(token.secret)).status).toBe(429);
      requireStatus(await read(), 200);
      server.clock.now += minute;
    });
  });
});
