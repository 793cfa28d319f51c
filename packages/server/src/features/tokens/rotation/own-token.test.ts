import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createChangeGate } from "../../../testing/change-gate.ts";
import { readEverything } from "../../../testing/everything-stored.ts";
import { onEveryDatabase } from "../../../testing/on-every-database.ts";
import {
  type Caller,
  requireStatus,
  startApp,
  type TestApp,
  type TestUser,
} from "../../../testing/start-app.ts";

const day = 86_400_000;

onEveryDatabase("a token on itself", (kind) => {
  let server: TestApp;
  let owner: TestUser;
  let domainId: string;
  const gate = createChangeGate();

  beforeAll(async () => {
    server = await startApp(kind, {
      aroundHub: gate.around,
      environment: {
        TESSERA_ACCESS_TOKEN_LIFETIME: "1000d",
        TESSERA_REFRESH_TOKEN_LIFETIME: "1000d",
      },
    });
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    owner = await server.newUser();
    domainId = await server.newDomain(owner);
  });

  const create = (more: object = {}) => {
    const scopes = [
      { domain_id: domainId, entity_type: "domains", entity_id: domainId, operation: "read" },
    ];
    return owner.call("POST", "/pats", { name: "pump", duration: "30d", scopes, ...more });
  };
  const made = async (more: object = {}) => {
    const { id, secret } = requireStatus(await create(more), 201);
    return { id, ...server.bearer(secret) };
  };
  const view = async (id: string) => requireStatus(await owner.call("GET", `/pats/${id}`), 200);
  const self = (caller: Caller) => caller.call("GET", "/pats/self");
  const rotate = (caller: Caller, body: object = {}) =>
    caller.call("POST", "/pats/self/rotate", body);
  const inDays = (days: number) => new Date(server.clock.now + days * day).toISOString();

  test("is told what it is and may do, and nothing of who else uses it", async () => {
    const token = await made();
    const told = requireStatus(await self(token), 200);
    expect(told).toEqual({
      id: token.id,
      name: "pump",
      status: "active",
      owner: { id: owner.id, username: owner.username },
      issued_at: expect.any(String),
      expires_at: inDays(30),
      self_rotate: false,
      secrets: [
        {
          id: expect.any(String),
          state: "live",
          is_presented: true,
          created_at: told.issued_at,
          expires_at: inDays(30),
          dies_at: "0001-01-01T00:00:00Z",
        },
      ],
      scopes: [
        { domain_id: domainId, entity_type: "domains", entity_id: domainId, operation: "read" },
      ],
    });
    expect((await self(owner)).body.code).toBe("token_required");
  });

  describe("makes itself a new secret", () => {
    test("if it was made for that; name and scopes stay, and the new one ends when the first did", async () => {
      const token = await made({ self_rotate: true });
      server.clock.now += 20 * day;
      const answer = requireStatus(await rotate(token), 201);
      expect(answer).toMatchObject({ id: token.id, name: "pump", expires_at: inDays(10) });
      const next = server.bearer(answer.secret);
      expect((await next.call("GET", `/domains/${domainId}`)).status).toBe(200);
      expect((await self(token)).body.code).toBe("secret_rotated");
      expect(requireStatus(await self(next), 200).scopes).toHaveLength(1);
    });

    test("never beyond what a person said when making it", async () => {
      const token = await made({ self_rotate: true, renew_until: inDays(45) });
      server.clock.now += 20 * day;
      const tooLong = await rotate(token, { duration: "26d" });
      expect([tooLong.status, tooLong.body.field]).toEqual([400, "duration"]);
      const { secret, expires_at } = requireStatus(await rotate(token), 201);
      expect(expires_at).toBe(inDays(25));
      const next = server.bearer(secret);
      requireStatus(await self(next), 200);
      server.clock.now += 25 * day;
      expect((await self(next)).body.code).toBe("token_expired");
    });

    test("not if it was not, nor with a secret that is being replaced, nor about another token", async () => {
      const plain = await made();
      expect((await rotate(plain)).body.code).toBe("session_required");
      expect((await view(plain.id)).secrets).toHaveLength(1);
      const token = await made({ self_rotate: true });
      expect((await plain.call("POST", `/pats/${token.id}/rotate`, {})).status).toBe(403);
      const body = { cutover: "deadline" };
      requireStatus(await owner.call("POST", `/pats/${token.id}/rotate`, body), 201);
      expect((await rotate(token)).body.code).toBe("conflict");
      expect((await view(token.id)).secrets).toHaveLength(2);
      expect((await rotate(owner)).body.code).toBe("token_required");
    });

    test.each([
      ["is revoked", "/secret/revoke", "token_revoked"],
      ["gets another secret", "/secret/reset", "secret_rotated"],
    ])("not when it %s before the change is made", async (_, path, code) => {
      const token = await made({ self_rotate: true });
      gate.close("before");
      const answer = rotate(token);
      await gate.whenHeld(1);
      const body = path.endsWith("reset") ? { duration: "1h" } : undefined;
      await owner.call("PATCH", `/pats/${token.id}${path}`, body);
      const before = await readEverything(server.deps.database);
      gate.release();
      expect((await answer).body.code).toBe(code);
      expect(await readEverything(server.deps.database)).toBe(before);
    });

    test("again with the old one, while the new one was not used: the cure of a lost reply", async () => {
      const token = await made({ self_rotate: true });
      const lost = requireStatus(await rotate(token), 201);
      const next = requireStatus(await rotate(token), 201);
      expect((await self(server.bearer(lost.secret))).body.code).toBe("secret_rotated");
      requireStatus(await self(server.bearer(next.secret)), 200);
      expect((await self(token)).body.code).toBe("secret_rotated");
    });

    test("further once a person has renewed it", async () => {
      const token = await made({ self_rotate: true });
      const path = `/pats/${token.id}/rotate`;
      const renewed = await owner.call("POST", path, { cutover: "now", duration: "90d" });
      const next = server.bearer(requireStatus(renewed, 201).secret);
      expect(await view(token.id)).toMatchObject({ self_rotate: true, renew_until: inDays(90) });
      expect(requireStatus(await rotate(next), 201).expires_at).toBe(inDays(30));
    });
  });

  test.each([
    [{ renew_until: "2999-01-01T00:00:00Z" }, "renew_until"],
    [{ self_rotate: true, renew_until: "2999-01-01T00:00:00Z" }, "renew_until"],
    [{ self_rotate: true, renew_until: "2001-01-01T00:00:00Z" }, "renew_until"],
    [{ self_rotate: true, renew_until: "later" }, "renew_until"],
    [{ self_rotate: "yes" }, "self_rotate"],
    [{ on_retired_use: "ignore" }, "on_retired_use"],
  ])("is not made with %j, and the field is named", async (more, field) => {
    const refused = await create(more);
    expect([refused.status, refused.body.field]).toEqual([400, field]);
    expect((await owner.call("GET", "/pats?status=all")).body.total).toBe(0);
  });

  test("ends itself with either of the secrets that work, and with none that was replaced", async () => {
    for (const which of ["old", "new"] as const) {
      const token = await made();
      const path = `/pats/${token.id}/rotate`;
      const { secret } = requireStatus(await owner.call("POST", path, {}), 201);
      const ending = which === "old" ? token : server.bearer(secret);
      requireStatus(await ending.call("DELETE", "/pats/self"), 204);
      expect((await view(token.id)).status).toBe("revoked");
    }
    const token = await made();
    requireStatus(await owner.call("POST", `/pats/${token.id}/rotate`, { cutover: "now" }), 201);
    expect((await token.call("DELETE", "/pats/self")).body.code).toBe("secret_rotated");
    expect((await view(token.id)).status).toBe("active");
  });
});
