import { crc32 } from "@tessera/contract";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { onEveryDatabase } from "../../../testing/on-every-database.ts";
import {
  requireStatus,
  startApp,
  type TestApp,
  type TestUser,
} from "../../../testing/start-app.ts";
import { testDatabases } from "../../../testing/test-databases.ts";

const minute = 60_000;
const unset = "0001-01-01T00:00:00Z";

onEveryDatabase("personal access tokens", (kind) => {
  let testApp: TestApp;
  let owner: TestUser;
  let domainId: string;
  let clientId: string;

  beforeAll(async () => {
    testApp = await startApp(kind, {
      environment: {
        TESSERA_MAX_TOKENS_PER_USER: "5",
        TESSERA_MAX_SCOPES_PER_TOKEN: "4",
        TESSERA_USAGE_FLUSH_INTERVAL: "20ms",
      },
    });
  });
  afterAll(() => testApp.close());
  beforeEach(async () => {
    owner = await testApp.newUser();
    domainId = await testApp.newDomain(owner);
    const created = await owner.call("POST", `/${domainId}/clients`, { name: "pump" });
    clientId = requireStatus(created, 201).id;
  });

  const scope = (operation = "view", entity_id = clientId, entity_type = "clients") => ({
    domain_id: domainId,
    entity_type,
    entity_id,
    operation,
  });
  const create = (body: object = {}) =>
    owner.call("POST", "/pats", { name: "ci", duration: "24h", ...body });
  const view = (id: string) => owner.call("GET", `/pats/${id}`);
  const scopesOf = async (id: string) =>
    requireStatus(await owner.call("GET", `/pats/${id}/scope`), 200).scopes;

  describe("create", () => {
    test("answers with the whole token and its secret, which is shown nowhere else", async () => {
      const created = await create({ description: "nightly", scopes: [scope()] });
      const { id, secret, ...shown } = requireStatus(created, 201);
      expect(secret).toMatch(/^pat_[0-9A-Za-z]{22}_[0-9A-Za-z]{49}$/);
      expect(shown).toMatchObject({
        user_id: owner.id,
        name: "ci",
        description: "nightly",
        status: "active",
        updated_at: unset,
        last_used_at: unset,
        revoked_at: unset,
        use_count: 0,
        refused_count: 0,
        scopes_count: 1,
      });
      expect(Date.parse(shown.expires_at) - Date.parse(shown.issued_at)).toBe(24 * 60 * minute);
      const elsewhere = [
        await view(id),
        await owner.call("GET", "/pats"),
        await owner.call("GET", `/pats/${id}/scope`),
      ];
      for (const { status, body } of elsewhere) {
        expect(status).toBe(200);
        expect(JSON.stringify(body)).not.toContain(secret.slice(27));
        expect(JSON.stringify(body)).not.toContain("digest");
      }
    });

    test.each([
      [{ name: " " }, "name"],
      [{ name: "x".repeat(255) }, "name"],
      [{ name: 7 }, "name"],
      [{ name: "a\u0000b" }, "name"],
      [{ duration: "" }, "duration"],
      [{ duration: "0h" }, "duration"],
      [{ duration: "-1h" }, "duration"],
      [{ duration: "24" }, "duration"],
      [{ duration: "367d" }, "duration"],
      [{ duration: 24 }, "duration"],
      [{ scopes: [{ domain_id: "d" }] }, "scopes.0.entity_type"],
      [{ scopes: "all" }, "scopes"],
    ])("refuses %j, naming the field, and makes nothing", async (wrong, field) => {
      const refused = await create(wrong);
      expect([refused.status, refused.body.field]).toEqual([400, field]);
      expect((await owner.call("GET", "/pats?status=all")).body.total).toBe(0);
    });

    test("names the nearest operation for one that does not exist, and makes nothing", async () => {
      const refused = await create({ scopes: [scope(), scope("udpate")] });
      expect(refused.status).toBe(400);
      expect(refused.body).toMatchObject({
        code: "unknown_operation",
        field: "scopes.1.operation",
      });
      expect(refused.body.message).toContain('did you mean "update"?');
      expect((await owner.call("GET", "/pats?status=all")).body.total).toBe(0);
    });

    test("takes days and weeks, up to the longest lifetime", async () => {
      for (const duration of ["30d", "2w", "366d", "1h30m"]) {
        requireStatus(await create({ duration }), 201);
      }
    });

    test("tells a token apart by how its text begins and ends, also once it has a new secret", async () => {
      const { id, secret, starts_with, ends_with } = requireStatus(await create(), 201);
      expect(secret.startsWith(starts_with)).toBe(true);
      expect([starts_with.length, secret.slice(-4)]).toEqual([8, ends_with]);
      const renewed = requireStatus(
        await owner.call("PATCH", `/pats/${id}/secret/reset`, { duration: "1h" }),
        200,
      );
      expect([renewed.starts_with, renewed.ends_with]).toEqual([
        starts_with,
        renewed.secret.slice(-4),
      ]);
      expect((await view(id)).body).toMatchObject({ starts_with, ends_with: renewed.ends_with });
    });

    test("takes a moment of one's own as it is, and none that has passed or is beyond the longest lifetime", async () => {
      const at = (milliseconds: number) =>
        new Date(testApp.clock.now + milliseconds).toISOString().replace(".000", "");
      const moment = at(90 * minute);
      const created = requireStatus(await create({ duration: undefined, expires_at: moment }), 201);
      expect(Date.parse(created.expires_at)).toBe(Date.parse(moment));
      for (const [body, field, problem] of [
        [{ duration: undefined, expires_at: at(-minute) }, "expires_at", "in the future"],
        [{ duration: undefined, expires_at: at(367 * 24 * 60 * minute) }, "expires_at", "366d"],
        [{ duration: undefined, expires_at: "tomorrow" }, "expires_at", "RFC 3339"],
        [{ expires_at: moment }, "expires_at", "beside duration"],
        [{ duration: undefined }, "duration", "must be given"],
      ] as const) {
        const refused = await create(body);
        expect([refused.status, refused.body.field]).toEqual([400, field]);
        expect(refused.body.message).toContain(problem);
      }
      expect((await owner.call("GET", "/pats?status=all")).body.total).toBe(1);
    });

    test("stops at the most tokens that one user may have", async () => {
      for (let count = 0; count < 5; count += 1) requireStatus(await create(), 201);
      expect((await create()).body).toMatchObject({ code: "limit_reached" });
      requireStatus(await owner.call("DELETE", "/pats"), 200);
      requireStatus(await create(), 201);
    });
  });

  describe("list", () => {
    test("filters by status, name and id, sorts and pages", async () => {
      const short = requireStatus(await create({ name: "Alpha", duration: "1s" }), 201);
      testApp.clock.now += 1000;
      const revoked = requireStatus(await create({ name: "beta" }), 201);
      requireStatus(await owner.call("PATCH", `/pats/${revoked.id}/secret/revoke`), 204);
      testApp.clock.now += 1;
      const active = requireStatus(await create({ name: "alphabet" }), 201);
      const ids = async (query: string) => {
        const { pats } = requireStatus(await owner.call("GET", `/pats${query}`), 200);
        return pats.map((pat: { id: string }) => pat.id);
      };
      expect(await ids("")).toEqual([active.id]);
      expect(await ids("?status=")).toEqual([active.id]);
      expect(await ids("?status=expired")).toEqual([short.id]);
      expect(await ids("?status=revoked")).toEqual([revoked.id]);
      expect(await ids("?status=all")).toEqual([active.id, revoked.id, short.id]);
      expect(await ids("?status=all&name=ALPHA&order=name&dir=asc")).toEqual([short.id, active.id]);
      expect(await ids(`?status=all&id=${revoked.id}`)).toEqual([revoked.id]);
      expect(await ids("?status=all&order=expires_at&dir=asc")).toEqual([
        short.id,
        revoked.id,
        active.id,
      ]);
      expect(await ids("?status=all&offset=1&limit=1")).toEqual([revoked.id]);
      const empty = await owner.call("GET", "/pats?name=%25&limit=0");
      expect(empty.body).toEqual({ total: 0, offset: 0, limit: 0, pats: [] });
    });

    test("finds those that end within a time, and those that nobody has shown for one", async () => {
      const day = 24 * 60 * minute;
      const make = async (name: string, duration: string, shownDaysAgo?: number) => {
        const { id } = requireStatus(await create({ name, duration }), 201);
        const { now } = testApp.clock;
        const shownAt = shownDaysAgo === undefined ? null : now - shownDaysAgo * day;
        await testApp.deps.database.inTransaction((trx) =>
          trx
            .updateTable("tokens")
            .set({ last_used_at: shownAt, issued_at: now - 31 * day })
            .where("id", "=", id)
            .execute(),
        );
        return id;
      };
      const idle = await make("idle", "30d");
      const used = await make("used", "8d", 2);
      const old = await make("old", "31d", 30);
      const revoked = await make("revoked", "1d", 1);
      const { id: fresh } = requireStatus(await create({ name: "fresh", duration: "1d" }), 201);
      requireStatus(await owner.call("PATCH", `/pats/${revoked}/secret/revoke`), 204);
      const ids = async (query: string) => {
        const path = `/pats?order=expires_at&dir=asc&${query}`;
        const { pats } = requireStatus(await owner.call("GET", path), 200);
        return pats.map((pat: { id: string }) => pat.id);
      };
      expect(await ids("expires_within=1d")).toEqual([fresh]);
      expect(await ids("expires_within=9d")).toEqual([fresh, used]);
      expect(await ids("expires_within=30d&name=idle")).toEqual([idle]);
      expect(await ids("unused_for=30d")).toEqual([idle, old]);
      expect(await ids("unused_for=31d")).toEqual([idle]);
      expect(await ids("unused_for=1d&expires_within=9d")).toEqual([used]);
      expect(await ids("unused_for=32d")).toEqual([]);
    });

    test("of a domain, with their uses, is of the tokens that have a scope there", async () => {
      const other = await testApp.newDomain(owner);
      const here = await testApp.newToken(owner, domainId, ["clients:view:*", "clients:update:*"]);
      const there = await testApp.newToken(owner, other, ["clients:view:*"]);
      requireStatus(await here.call("GET", `/${domainId}/clients/${clientId}`), 200);
      const ofDomain = async (id: string) => {
        const list = requireStatus(await owner.call("GET", `/pats?domain=${id}`), 200);
        const usage = requireStatus(
          await owner.call("GET", `/pats/usage?days=1&domain=${id}`),
          200,
        );
        return [list.pats.map((pat: { id: string }) => pat.id), list.total, usage.days[0].uses];
      };
      await expect.poll(() => ofDomain(domainId)).toEqual([[here.id], 1, 1]);
      expect(await ofDomain(other)).toEqual([[there.id], 1, 0]);
      expect(await ofDomain(clientId)).toEqual([[], 0, 0]);
      const wrong = await owner.call("GET", "/pats/usage?domain=plant");
      expect([wrong.status, wrong.body.field]).toEqual([400, "domain"]);
    });

    test.each([
      ["?expires_within=0s", "expires_within"],
      ["?unused_for=soon", "unused_for"],
      ["?domain=plant", "domain"],
      ["?status=gone", "status"],
      ["?order=secret", "order"],
      ["?limit=101", "limit"],
      ["?limit=1&limit=2", "limit"],
      ["?offset=-1", "offset"],
    ])("refuses %s, naming the key", async (query, field) => {
      const refused = await owner.call("GET", `/pats${query}`);
      expect([refused.status, refused.body.field]).toEqual([400, field]);
    });
  });

  test("of somebody else are not there: neither to see nor to change", async () => {
    const { id } = requireStatus(await create({ scopes: [scope()] }), 201);
    const stranger = await testApp.newUser();
    const attempts: [string, string, object?][] = [
      ["GET", ""],
      ["GET", "/scope"],
      ["GET", "/usage"],
      ["PATCH", "/name", { name: "mine" }],
      ["PATCH", "/description", { description: "mine" }],
      ["PATCH", "/secret/reset", { duration: "24h" }],
      ["PATCH", "/expiry", { duration: "48h" }],
      ["PATCH", "/secret/revoke"],
      ["PATCH", "/scope/add", { scopes: [scope("update")] }],
      ["PATCH", "/scope/remove", { scopes_id: [(await scopesOf(id))[0].id] }],
      ["DELETE", "/scope"],
      ["DELETE", ""],
    ];
    for (const caller of [stranger, testApp.admin]) {
      for (const [method, path, body] of attempts) {
        const { status } = await caller.call(method, `/pats/${id}${path}`, body);
        expect(status, `${method} ${path}`).toBe(404);
      }
    }
    expect((await view(id)).body).toMatchObject({
      name: "ci",
      status: "active",
      scopes_count: 1,
    });
  });

  test("cannot manage tokens, accounts, roles or invitations themselves, and say so", async () => {
    const token = await testApp.newToken(owner, domainId, ["domains:send_invitation"]);
    const attempts: [string, string, object?][] = [
      ["GET", "/pats"],
      ["POST", "/pats", { name: "x", duration: "1h" }],
      ["PATCH", `/pats/${token.id}/secret/reset`, { duration: "1h" }],
      ["PATCH", `/pats/${token.id}/scope/add`, { scopes: [scope()] }],
      ["GET", "/users/profile"],
      ["PATCH", "/users/secret", { old_secret: "a", new_secret: "b" }],
      ["POST", "/users/tokens/revoke", { token_id: "x" }],
      ["GET", `/domains/${domainId}/roles`],
      ["POST", `/domains/${domainId}/roles`, { role_name: "x" }],
      ["POST", "/invitations/accept", { domain_id: domainId }],
      ["POST", `/domains/${domainId}/freeze`],
      ["GET", "/users"],
    ];
    for (const [method, path, body] of attempts) {
      const { status, body: told } = await token.call(method, path, body);
      expect([status, told.code], `${method} ${path}`).toEqual([403, "session_required"]);
    }
  });

  test("are renamed and described; a description can be cleared", async () => {
    const { id } = requireStatus(await create({ description: "old" }), 201);
    testApp.clock.now += minute;
    const renamed = await owner.call("PATCH", `/pats/${id}/name`, { name: "deploy" });
    expect(requireStatus(renamed, 202)).toMatchObject({ name: "deploy", status: "active" });
    expect(renamed.body.updated_at).toBe(new Date(testApp.clock.now).toISOString());
    const described = await owner.call("PATCH", `/pats/${id}/description`, { description: "" });
    expect(requireStatus(described, 202).description).toBe("");
    expect((await owner.call("GET", "/pats?name=DEPLOY")).body.total).toBe(1);
    expect((await owner.call("PATCH", `/pats/${id}/name`, { name: "" })).status).toBe(400);
  });

  describe("a revoked token", () => {
    test("is refused while it is still cached, and revoking again changes nothing", async () => {
      const token = await testApp.newToken(owner, domainId, [`clients:view:${clientId}`]);
      const use = () => token.call("GET", `/${domainId}/clients/${clientId}`);
      requireStatus(await use(), 200);
      requireStatus(await use(), 200);
      const revoke = () => owner.call("PATCH", `/pats/${token.id}/secret/revoke`);
      requireStatus(await revoke(), 204);
      expect((await use()).body.code).toBe("token_revoked");
      const { revoked_at } = (await view(token.id)).body;
      testApp.clock.now += minute;
      requireStatus(await revoke(), 204);
      expect((await view(token.id)).body).toMatchObject({
        status: "revoked",
        revoked: true,
        revoked_at,
      });
    });

    test("stays revoked when its owner is disabled and enabled again", async () => {
      const token = await testApp.newToken(owner, domainId, [`clients:view:${clientId}`]);
      requireStatus(await owner.call("PATCH", `/pats/${token.id}/secret/revoke`), 204);
      requireStatus(await testApp.admin.call("POST", `/users/${owner.id}/disable`), 200);
      requireStatus(await testApp.admin.call("POST", `/users/${owner.id}/enable`), 200);
      const used = await token.call("GET", `/${domainId}/clients/${clientId}`);
      expect(used.body.code).toBe("token_revoked");
    });

    test("tells nothing of its state to someone without the right secret", async () => {
      const { id, secret } = await testApp.newToken(owner, domainId, []);
      requireStatus(await owner.call("PATCH", `/pats/${id}/secret/revoke`), 204);
      const other = requireStatus(await create(), 201).secret as string;
      // The id of one token with the secret of another, and a right checksum.
      const body = `${secret.slice(0, 27)}${other.slice(27, -6)}`;
      const forged = body + base62(crc32(body));
      const refused = await testApp.bearer(forged).call("GET", "/domains");
      expect([refused.status, refused.body.code]).toEqual([401, "unauthenticated"]);
    });
  });

  describe("regenerating", () => {
    test.each(["active", "revoked", "expired"])(
      "gives an %s token a new secret and keeps name, description and scopes",
      async (state) => {
        const made = await create({ description: "nightly", duration: "1h", scopes: [scope()] });
        const { id, secret: oldSecret } = requireStatus(made, 201);
        const scopesBefore = await scopesOf(id);
        if (state === "revoked") {
          requireStatus(await owner.call("PATCH", `/pats/${id}/secret/revoke`), 204);
        }
        if (state === "expired") testApp.clock.now += 60 * minute;
        const session =
          state === "expired" ? await testApp.signIn(owner.username, owner.password) : owner;
        const path = `/pats/${id}/secret/reset`;
        const renewed = requireStatus(await session.call("PATCH", path, { duration: "2h" }), 200);
        expect(renewed).toMatchObject({
          id,
          name: "ci",
          description: "nightly",
          status: "active",
          revoked_at: unset,
          scopes_count: 1,
        });
        expect(renewed).not.toHaveProperty("revoked");
        expect(Date.parse(renewed.expires_at)).toBe(testApp.clock.now + 120 * minute);
        const read = (secret: string) =>
          testApp.bearer(secret).call("GET", `/${domainId}/clients/${clientId}`);
        requireStatus(await read(renewed.secret), 200);
        expect((await read(oldSecret)).body.code).toBe("secret_rotated");
        const after = requireStatus(await session.call("GET", `/pats/${id}/scope`), 200);
        expect(after.scopes.map((each: { id: string }) => each.id)).toEqual(
          scopesBefore.map((each: { id: string }) => each.id),
        );
      },
    );
  });

  describe("scopes", () => {
    test("are added and removed, and count from the very next request", async () => {
      const token = await testApp.newToken(owner, domainId, []);
      const read = () => token.call("GET", `/${domainId}/clients/${clientId}`);
      const refused = await read();
      expect(refused.body.missing_scope).toEqual(scope());
      // What the refusal names can be sent as it is.
      const add = { scopes: [refused.body.missing_scope] };
      requireStatus(await owner.call("PATCH", `/pats/${token.id}/scope/add`, add), 200);
      requireStatus(await read(), 200);
      const [{ id }] = await scopesOf(token.id);
      const remove = { scopes_id: [id] };
      requireStatus(await owner.call("PATCH", `/pats/${token.id}/scope/remove`, remove), 200);
      expect((await read()).body.code).toBe("scope_missing");
      const again = await owner.call("PATCH", `/pats/${token.id}/scope/remove`, remove);
      expect(again.status).toBe(404);
    });

    test("that are cleared stop working at once", async () => {
      const token = await testApp.newToken(owner, domainId, ["clients:view:*", "clients:update:*"]);
      requireStatus(await token.call("GET", `/${domainId}/clients/${clientId}`), 200);
      requireStatus(await owner.call("DELETE", `/pats/${token.id}/scope`), 200);
      const used = await token.call("GET", `/${domainId}/clients/${clientId}`);
      expect(used.body.code).toBe("scope_missing");
      expect(await scopesOf(token.id)).toEqual([]);
    });

    test("are added all or none", async () => {
      const { id } = await testApp.newToken(owner, domainId, [`clients:view:${clientId}`]);
      const add = (scopes: object[]) => owner.call("PATCH", `/pats/${id}/scope/add`, { scopes });
      const twice = await add([scope("update"), scope("view")]);
      expect([twice.status, twice.body.field]).toEqual([409, "scopes.1"]);
      const unknown = await add([scope("update"), scope("fly")]);
      expect([unknown.status, unknown.body.field]).toEqual([400, "scopes.1.operation"]);
      const tooMany = await add(
        ["update", "delete", "enable", "disable"].map((name) => scope(name)),
      );
      expect([tooMany.status, tooMany.body.code]).toEqual([400, "limit_reached"]);
      expect((await add([])).status).toBe(400);
      expect(await scopesOf(id)).toHaveLength(1);
    });

    test("for all objects take the place of those for single ones", async () => {
      const other = "00000000-0000-4000-8000-000000000001";
      const { id } = await testApp.newToken(owner, domainId, [
        `clients:view:${clientId}`,
        `clients:view:${other}`,
      ]);
      const add = { scopes: [scope("view", "*")] };
      requireStatus(await owner.call("PATCH", `/pats/${id}/scope/add`, add), 200);
      const scopes = await scopesOf(id);
      expect(scopes).toHaveLength(1);
      expect(scopes[0]).toMatchObject({ entity_id: "*", operation: "view", pat_id: id });
      const narrower = { scopes: [scope()] };
      expect((await owner.call("PATCH", `/pats/${id}/scope/add`, narrower)).status).toBe(409);
    });

    test("show names only of what the owner may see", async () => {
      const other = await testApp.newUser();
      const foreignDomain = await testApp.newDomain(other);
      const foreign = await other.call("POST", `/${foreignDomain}/clients`, { name: "hidden" });
      const foreignScope = {
        ...scope("view", requireStatus(foreign, 201).id),
        domain_id: foreignDomain,
      };
      const read = scope("read", domainId, "domains");
      const made = await create({ scopes: [scope(), read, foreignScope] });
      const scopes = await scopesOf(requireStatus(made, 201).id);
      const shown = Object.fromEntries(
        scopes.map((each: Record<string, string>) => [each.entity_id, each.entity_name]),
      );
      expect(shown).toEqual({
        [clientId]: "pump",
        [domainId]: expect.stringContaining("Plant"),
        [foreignScope.entity_id]: undefined,
      });
      expect(JSON.stringify(scopes)).not.toContain("hidden");
    });
  });

  test("are extended while they are valid, no further than their secret may live, and never shortened", async () => {
    const day = 24 * 60 * minute;
    const { id, secret, issued_at } = requireStatus(
      await create({ duration: "1m", scopes: [scope()] }),
      201,
    );
    const extend = (body: object) => owner.call("PATCH", `/pats/${id}/expiry`, body);
    const use = () => testApp.bearer(secret).call("GET", `/${domainId}/clients/${clientId}`);
    requireStatus(await use(), 200);
    const extended = requireStatus(await extend({ duration: "30d" }), 200);
    expect(Date.parse(extended.expires_at) - Date.parse(issued_at)).toBe(30 * day);
    testApp.clock.now += 2 * minute;
    requireStatus(await use(), 200);

    const states = [
      [{ duration: "1d" }, 409, "later than that"],
      [{ duration: "366d" }, 400, "366d old at most"],
      [{}, 400, "must be given"],
    ] as const;
    for (const [body, status, problem] of states) {
      const refused = await extend(body);
      expect(refused.status).toBe(status);
      expect(refused.body.message).toContain(problem);
    }
    requireStatus(await owner.call("PATCH", `/pats/${id}/secret/revoke`), 204);
    expect((await extend({ duration: "40d" })).status).toBe(409);
    expect((await view(id)).body.expires_at).toBe(extended.expires_at);
  });

  test("are deleted one by one or all at once, and are nobody from then on", async () => {
    const first = await testApp.newToken(owner, domainId, []);
    const second = await testApp.newToken(owner, domainId, []);
    requireStatus(await second.call("GET", "/domains"), 200);
    requireStatus(await owner.call("DELETE", `/pats/${first.id}`), 204);
    expect((await owner.call("DELETE", `/pats/${first.id}`)).status).toBe(404);
    requireStatus(await owner.call("DELETE", "/pats"), 200);
    expect((await second.call("GET", "/domains")).body.code).toBe("unauthenticated");
    expect((await owner.call("GET", "/pats?status=all")).body.total).toBe(0);
  });

  test("tell when, from where, how often and by which scope they were used", async () => {
    const token = await testApp.newToken(owner, domainId, ["clients:view:*", "clients:update:*"]);
    for (let count = 0; count < 3; count += 1) {
      requireStatus(await token.call("GET", `/${domainId}/clients/${clientId}`), 200);
    }
    await expect.poll(async () => (await view(token.id)).body.use_count).toBe(3);
    const used = (await view(token.id)).body;
    expect(used).toMatchObject({ use_count: 3, last_used_address: "127.0.0.1" });
    expect(used.last_used_at).toBe(new Date(testApp.clock.now).toISOString());
    const counts = (await scopesOf(token.id)).map((each: Record<string, unknown>) => [
      each.operation,
      each.use_count,
      each.last_used_at !== unset,
    ]);
    expect(counts.sort()).toEqual([
      ["update", 0, false],
      ["view", 3, true],
    ]);
    const today = new Date(testApp.clock.now).toISOString().slice(0, 10);
    // Of all tokens together what is written down is told.
    const usesOfAll = async () => (await owner.call("GET", "/pats/usage?days=7")).body.days.at(-1);
    await expect.poll(usesOfAll).toEqual({ day: today, uses: 3, refused: 0 });
    for (const path of [`/pats/${token.id}/usage?days=7`, "/pats/usage?days=7"]) {
      const { days } = requireStatus(await owner.call("GET", path), 200);
      expect(days).toHaveLength(7);
      expect(days.at(-1)).toEqual({ day: today, uses: 3, refused: 0 });
    }
    // A clock that goes back does not take the last use with it.
    testApp.clock.now -= 10 * minute;
    requireStatus(await token.call("GET", `/${domainId}/clients/${clientId}`), 200);
    testApp.clock.now += 10 * minute;
    await expect.poll(async () => (await view(token.id)).body.use_count).toBe(4);
    expect((await view(token.id)).body.last_used_at).toBe(used.last_used_at);
  });

  test("leave a trail of every change, and no secret in it", async () => {
    const { id, secret } = requireStatus(await create({ scopes: [scope()] }), 201);
    requireStatus(await owner.call("PATCH", `/pats/${id}/secret/revoke`), 204);
    requireStatus(await owner.call("PATCH", `/pats/${id}/secret/reset`, { duration: "1h" }), 200);
    requireStatus(await owner.call("DELETE", `/pats/${id}`), 204);
    const events = await testApp.deps.database.read
      .selectFrom("audit_events")
      .selectAll()
      .where("actor_user_id", "=", owner.id)
      .where("entity_id", "=", id)
      .execute();
    expect(events.map(({ action }) => action).sort()).toEqual([
      "tokens.create",
      "tokens.delete",
      "tokens.regenerate",
      "tokens.revoke",
    ]);
    expect(JSON.stringify(events)).not.toContain(secret);
  });
});

/** Six characters, as the checksum of a token is written. */
function base62(value: number): string {
  const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  let rest = value;
  let text = "";
  while (text.length < 6) {
    text = alphabet.charAt(rest % 62) + text;
    rest = Math.floor(rest / 62);
  }
  return text;
}

const [, postgres] = testDatabases;
if (postgres !== undefined) {
  describe("two server processes on one PostgreSQL", () => {
    test("refuse a revoked token both, though both had cached it", async () => {
      const first = await startApp(postgres);
      const second = await startApp(postgres, { sameDatabaseAs: first });
      const owner = await first.newUser();
      const domainId = await first.newDomain(owner);
      const token = await first.newToken(owner, domainId, ["domains:read"]);
      const there = second.bearer(token.secret);
      requireStatus(await there.call("GET", `/domains/${domainId}`), 200);
      requireStatus(await owner.call("PATCH", `/pats/${token.id}/secret/revoke`), 204);
      await expect
        .poll(async () => (await there.call("GET", `/domains/${domainId}`)).body.code)
        .toBe("token_revoked");
      await second.close();
      await first.close();
    });
  });
}
