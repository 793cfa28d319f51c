import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemActor } from "../../../access/actor.ts";
import { onEveryDatabase } from "../../../testing/on-every-database.ts";
import {
  type Caller,
  requireStatus,
  startApp,
  type TestApp,
  type TestUser,
} from "../../../testing/start-app.ts";
import { userRow } from "../../../testing/test-rows.ts";
import { purgeDeletedUsers } from "./purge-deleted-users.ts";

const unknownId = "00000000-0000-4000-8000-000000000000";
const picture = "https://example.test/p.png";
const newName = () => `u${randomUUID().slice(0, 13)}`;

function registration(overrides: Readonly<Record<string, unknown>> = {}) {
  const username = newName();
  return {
    first_name: "Grace",
    last_name: "Hopper",
    email: `${username}@example.test`,
    credentials: { username, secret: "a-good-password" },
    ...overrides,
  };
}

onEveryDatabase("users", (kind) => {
  let testApp: TestApp;
  let admin: TestUser;
  beforeAll(async () => {
    testApp = await startApp(kind);
    admin = testApp.admin;
  });
  afterAll(() => testApp.close());

  const refusalOf = async (
    sent: Promise<{ status: number; body: { code?: string; field?: string } }>,
  ) => {
    const { status, body } = await sent;
    return [status, body?.code, ...(body?.field === undefined ? [] : [body.field])];
  };
  test("have a picture at an address of the web, or none, and nothing that a browser would run", async () => {
    const user = await testApp.newUser();
    const path = `/users/${user.id}/picture`;
    for (const address of [picture, "HTTP://[::1]:8080/a?b=c#d", "", picture]) {
      const { profile_picture: stored } = requireStatus(
        await user.call("PATCH", path, { profile_picture: address }),
        200,
      );
      expect(stored).toBe(address);
    }
    for (const address of [
      ...["javascript:alert(1)", "JavaScript://x.test/%0aalert(1)", "data:image/svg+xml,<svg/>"],
      ...[
        "p",
        "//x.test/p.png",
        "/p.png",
        "ftp://x.test/p",
        "https://",
        " https://x.test",
        "vbscript:x",
      ],
    ]) {
      expect(await refusalOf(user.call("PATCH", path, { profile_picture: address }))).toEqual([
        400,
        "invalid_body",
        "profile_picture",
      ]);
      const body = registration({ profile_picture: address });
      expect(await refusalOf(testApp.nobody.call("POST", "/users", body))).toEqual([
        400,
        "invalid_body",
        "profile_picture",
      ]);
    }
    const { profile_picture: kept } = (await user.call("GET", `/users/${user.id}`)).body;
    expect(kept).toBe(picture);
  });

  const disable = async (user: TestUser) =>
    requireStatus(await admin.call("POST", `/users/${user.id}/disable`), 200);
  const remove = async (user: TestUser) =>
    requireStatus(await admin.call("DELETE", `/users/${user.id}`), 204);

  describe("registering", () => {
    test("makes a user who can sign in, and answers all but the password", async () => {
      const body = registration({
        tags: ["b", "a", "b"],
        metadata: { team: "cobol" },
        private_metadata: { shoe: 38 },
        profile_picture: "https://example.test/g.png",
      });
      const answer = await testApp.nobody.call("POST", "/users", body);
      expect(answer.status).toBe(201);
      expect(answer.headers.location).toBe(`/users/${answer.body.id}`);
      expect(answer.body).toEqual({
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        first_name: "Grace",
        last_name: "Hopper",
        email: body.email,
        credentials: { username: body.credentials.username },
        tags: ["b", "a"],
        metadata: { team: "cobol" },
        private_metadata: { shoe: 38 },
        profile_picture: "https://example.test/g.png",
        status: "enabled",
        role: "user",
        auth_provider: "",
        created_at: new Date(testApp.clock.now).toISOString(),
        updated_at: "0001-01-01T00:00:00Z",
        verified_at: "0001-01-01T00:00:00Z",
      });
      const user = await testApp.signIn(body.email, body.credentials.secret);
      expect(user.id).toBe(answer.body.id);
    });

    test("works with a bearer that is none", async () => {
      for (const bearer of ["undefined", "a.b.c", "pat_garbage"]) {
        const answer = await testApp.bearer(bearer).call("POST", "/users", registration());
        expect(answer.status, bearer).toBe(201);
      }
    });

    test("by anyone makes neither an administrator nor a disabled user, and says so", async () => {
      const user = await testApp.newUser();
      const { secret } = requireStatus(
        await admin.call("POST", "/pats", { name: "ci", duration: "1h" }),
        201,
      );
      for (const caller of [testApp.nobody, user, testApp.bearer(secret)]) {
        for (const [field, value] of [
          ["role", "admin"],
          ["status", "disabled"],
        ] as const) {
          const wish = registration({ [field]: value });
          const answer = await caller.call("POST", "/users", wish);
          expect(answer).toMatchObject({
            status: 403,
            body: { code: "owner_lacks_permission", field },
          });
          const found = await admin.call("GET", `/users?status=all&email=${wish.email}`);
          expect(found.body.total).toBe(0);
        }
        const plain = registration({ role: "user", status: "enabled" });
        const { body } = await caller.call("POST", "/users", plain);
        expect([body.role, body.status]).toEqual(["user", "enabled"]);
      }
    });

    test("by an administrator's session gives role and status, and says who did it", async () => {
      const wish = { role: "admin", status: "disabled" };
      const { body } = await admin.call("POST", "/users", registration(wish));
      expect([body.role, body.status]).toEqual(["admin", "disabled"]);
      const events = await testApp.deps.database.read
        .selectFrom("audit_events")
        .selectAll()
        .where("entity_id", "=", body.id)
        .execute();
      expect(events).toMatchObject([
        { action: "users.register", actor_user_id: admin.id, actor_kind: "session" },
      ]);
    });

    test("a username or an email that is taken, in any case, is refused by name", async () => {
      const body = registration();
      requireStatus(await testApp.nobody.call("POST", "/users", body), 201);
      const { credentials, email } = body;
      const taken = { ...credentials, username: credentials.username.toUpperCase() };
      expect(
        await refusalOf(
          testApp.nobody.call("POST", "/users", registration({ credentials: taken })),
        ),
      ).toEqual([409, "already_exists", "credentials.username"]);
      expect(
        await refusalOf(
          testApp.nobody.call("POST", "/users", registration({ email: email.toUpperCase() })),
        ),
      ).toEqual([409, "already_exists", "email"]);
    });

    test.each([
      ["no first name", { first_name: undefined }, "invalid_body", "first_name"],
      ["an empty last name", { last_name: "  " }, "invalid_body", "last_name"],
      ["an endless name", { first_name: "x".repeat(1025) }, "invalid_body", "first_name"],
      ["no email", { email: "nobody" }, "invalid_body", "email"],
      [
        "an email for a username",
        { credentials: { username: "a@b.test", secret: "long enough" } },
        "invalid_body",
        "credentials.username",
      ],
      [
        "a username with __",
        { credentials: { username: "a__b", secret: "long enough" } },
        "invalid_body",
        "credentials.username",
      ],
      [
        "a short password",
        { credentials: { username: "short", secret: "7 chars" } },
        "weak_password",
        "credentials.secret",
      ],
      [
        "a common password",
        { credentials: { username: "common", secret: "password123" } },
        "weak_password",
        "credentials.secret",
      ],
      [
        "the username for a password",
        { credentials: { username: "grace-hopper", secret: "Grace-Hopper1" } },
        "weak_password",
        "credentials.secret",
      ],
      ["half a character", { metadata: { name: "\ud800" } }, "invalid_body", "metadata.name"],
      ["much metadata", { metadata: { a: "x".repeat(70_000) } }, "invalid_body", "metadata"],
      ["a wrong role", { role: "root" }, "invalid_body", "role"],
    ])("with %s is refused and makes nobody", async (_, overrides, code, field) => {
      const body = registration(overrides);
      const sent = testApp.nobody.call("POST", "/users", body);
      expect(await refusalOf(sent)).toEqual([400, code, field]);
      const found = await admin.call("GET", `/users?email=${body.email}&status=all`);
      expect(found.body.total).toBe(0);
    });

    test("can be a matter for administrators alone", async () => {
      const closed = await startApp(kind, {
        environment: { TESSERA_SELF_REGISTRATION: "false" },
      });
      const user = await closed.newUser();
      for (const caller of [closed.nobody, user, closed.bearer("undefined")]) {
        const sent = caller.call("POST", "/users", registration());
        expect(await refusalOf(sent)).toEqual([403, "self_registration_off"]);
      }
      expect((await closed.admin.call("POST", "/users", registration())).status).toBe(201);
      await closed.close();
    });

    test("follows the operator's password rule", async () => {
      const strict = await startApp(kind, {
        environment: { TESSERA_PASSWORD_PATTERN: "^(?=.*\\d).{12,}$" },
      });
      const withSecret = (secret: string) =>
        strict.nobody.call(
          "POST",
          "/users",
          registration({ credentials: { username: newName(), secret } }),
        );
      expect(await refusalOf(withSecret("no digits in here"))).toEqual([
        400,
        "weak_password",
        "credentials.secret",
      ]);
      expect((await withSecret("12 characters")).status).toBe(201);
      await strict.close();
    });
  });

  describe("viewing", () => {
    test("oneself and by an administrator shows everything, by others the name alone", async () => {
      const [user, other] = [await testApp.newUser(), await testApp.newUser()];
      const metadata = { team: "a" };
      const patch = { metadata, private_metadata: { shoe: 38 } };
      requireStatus(await user.call("PATCH", `/users/${user.id}`, patch), 200);
      const path = `/users/${user.id}`;
      const own = (await user.call("GET", path)).body;
      expect(own).toMatchObject({
        email: user.email,
        role: "user",
        private_metadata: { shoe: 38 },
        password_is_initial: false,
      });
      expect((await user.call("GET", "/users/profile")).body).toEqual(own);
      const { password_is_initial: _, ...all } = own;
      expect((await admin.call("GET", path)).body).toEqual(all);
      expect((await other.call("GET", path)).body).toEqual({
        id: user.id,
        first_name: "Ada",
        last_name: "Byron",
        metadata,
        credentials: { username: user.username },
      });
    });

    test("an unknown user is 404, a wrong id 400", async () => {
      const user = await testApp.newUser();
      expect(await refusalOf(user.call("GET", `/users/${unknownId}`))).toEqual([404, "not_found"]);
      expect(await refusalOf(user.call("GET", "/users/nobody"))).toEqual([
        400,
        "invalid_path",
        "userId",
      ]);
    });

    test("a deleted user is possible for administrators only", async () => {
      const [user, other] = [await testApp.newUser(), await testApp.newUser()];
      await remove(user);
      expect((await other.call("GET", `/users/${user.id}`)).status).toBe(404);
      expect((await admin.call("GET", `/users/${user.id}`)).body.status).toBe("deleted");
    });
  });

  describe("changing", () => {
    test("names and metadata leaves what is absent or an empty name as it was", async () => {
      const user = await testApp.newUser();
      testApp.clock.now += 1000;
      const first = await user.call("PATCH", `/users/${user.id}`, {
        first_name: "Augusta",
        last_name: "",
        metadata: { a: 1, b: 2 },
        unknown: "member",
      });
      expect(first.body).toMatchObject({
        first_name: "Augusta",
        last_name: "Byron",
        metadata: { a: 1, b: 2 },
        updated_at: new Date(testApp.clock.now).toISOString(),
        updated_by: user.id,
      });
      const second = await admin.call("PATCH", `/users/${user.id}`, { metadata: { c: 3 } });
      expect(second.body).toMatchObject({
        first_name: "Augusta",
        metadata: { c: 3 },
        updated_by: admin.id,
      });
    });

    test("username, tags, picture and email", async () => {
      const user = await testApp.newUser();
      const path = `/users/${user.id}`;
      const username = newName();
      const changes = [
        [`${path}/username`, { username }, { credentials: { username } }],
        [`${path}/tags`, { tags: ["z", "a", "z"] }, { tags: ["z", "a"] }],
        [`${path}/tags`, { tags: [] }, { tags: [] }],
        [`${path}/picture`, { profile_picture: picture }, { profile_picture: picture }],
        [`${path}/email`, { email: `${username}@b.test` }, { email: `${username}@b.test` }],
      ] as const;
      for (const [url, body, expected] of changes) {
        const changed = requireStatus(await user.call("PATCH", url, body), 200);
        expect(changed).toMatchObject(expected);
      }
      expect((await testApp.signIn(username, user.password)).id).toBe(user.id);
    });

    test("a username or an email to one that is taken is refused by name and changes nothing", async () => {
      const [user, other] = [await testApp.newUser(), await testApp.newUser()];
      const path = `/users/${user.id}`;
      const before = (await user.call("GET", path)).body;
      const sendings = [
        [`${path}/username`, { username: other.username }, [409, "already_exists", "username"]],
        [`${path}/email`, { email: other.email.toUpperCase() }, [409, "already_exists", "email"]],
        [`${path}/email`, { email: user.email }, [409, "conflict", "email"]],
        [`${path}/username`, { username: "a b" }, [400, "invalid_body", "username"]],
      ] as const;
      for (const [url, body, refusal] of sendings) {
        expect(await refusalOf(user.call("PATCH", url, body)), url).toEqual(refusal);
      }
      expect((await user.call("GET", path)).body).toEqual(before);
    });

    test("an email takes its verification away", async () => {
      const user = await testApp.newUser();
      await testApp.deps.hub.change(systemActor, ({ trx }) =>
        trx.updateTable("users").set({ verified_at: 1 }).where("id", "=", user.id).execute(),
      );
      const email = `${newName()}@b.test`;
      const { body } = await user.call("PATCH", `/users/${user.id}/email`, { email });
      expect(body.verified_at).toBe("0001-01-01T00:00:00Z");
    });

    test("is for the user and administrators", async () => {
      const [user, other] = [await testApp.newUser(), await testApp.newUser()];
      const path = `/users/${user.id}`;
      const sendings = [
        ["PATCH", path, { first_name: "X" }],
        ["PATCH", `${path}/username`, { username: newName() }],
        ["PATCH", `${path}/tags`, { tags: ["x"] }],
        ["PATCH", `${path}/email`, { email: "x@b.test" }],
        ["PATCH", `${path}/picture`, { profile_picture: picture }],
        ["POST", `${path}/disable`, undefined],
        ["POST", `${path}/enable`, undefined],
        ["DELETE", path, undefined],
      ] as const;
      for (const [method, url, body] of sendings) {
        expect(await refusalOf(other.call(method, url, body)), url).toEqual([
          403,
          "owner_lacks_permission",
        ]);
      }
      const role = user.call("PATCH", `${path}/role`, { role: "admin" });
      expect(await refusalOf(role)).toEqual([403, "owner_lacks_permission"]);
    });

    test("a disabled or a deleted user is a conflict, an unknown one is not found", async () => {
      const user = await testApp.newUser();
      const rename = (id: string) => admin.call("PATCH", `/users/${id}`, { first_name: "X" });
      await disable(user);
      expect(await refusalOf(rename(user.id))).toEqual([409, "conflict"]);
      await remove(user);
      expect(await refusalOf(rename(user.id))).toEqual([409, "conflict"]);
      expect(await refusalOf(rename(unknownId))).toEqual([404, "not_found"]);
    });
  });

  describe("changing the password", () => {
    const change = (user: TestUser, old_secret: string, new_secret: string) =>
      user.call("PATCH", "/users/secret", { old_secret, new_secret });

    test("ends every other session and keeps the one that does it", async () => {
      const user = await testApp.newUser();
      const other = await testApp.signIn(user.username, user.password);
      expect((await other.call("GET", "/users/profile")).status).toBe(200);
      const changed = await change(user, user.password, "a-new-password");
      expect(changed.body).toMatchObject({ id: user.id, password_is_initial: false });
      expect((await other.call("GET", "/users/profile")).status).toBe(401);
      const refreshed = testApp.bearer(other.refreshToken);
      expect((await refreshed.call("POST", "/users/tokens/refresh")).status).toBe(401);
      expect((await user.call("GET", "/users/profile")).status).toBe(200);
      const signIn = (password: string) =>
        testApp.nobody.call("POST", "/users/tokens/issue", { username: user.email, password });
      expect((await signIn(user.password)).status).toBe(401);
      expect((await signIn("a-new-password")).status).toBe(201);
    });

    test("needs the present one, and a new one that follows the rule", async () => {
      const user = await testApp.newUser();
      expect(await refusalOf(change(user, "wrong", "a-new-password"))).toEqual([
        400,
        "invalid_body",
        "old_secret",
      ]);
      expect(await refusalOf(change(user, user.password, "short"))).toEqual([
        400,
        "weak_password",
        "new_secret",
      ]);
      for (const guessable of [user.username, user.email, "password123"]) {
        expect(await refusalOf(change(user, user.password, guessable)), guessable).toEqual([
          400,
          "weak_password",
          "new_secret",
        ]);
      }
      expect(await refusalOf(change(user, user.password, user.password))).toEqual([
        400,
        "weak_password",
        "new_secret",
      ]);
      expect((await testApp.signIn(user.email, user.password)).id).toBe(user.id);
    });

    test("twice at the same moment succeeds once", async () => {
      const user = await testApp.newUser();
      const answers = await Promise.all([
        change(user, user.password, "first-password"),
        change(user, user.password, "second-password"),
      ]);
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    });
  });

  describe("enabling, disabling and deleting", () => {
    test("disabling ends sessions and tokens, which stay ended once the person is enabled", async () => {
      const user = await testApp.newUser();
      const made = await user.call("POST", "/pats", { name: "ci", duration: "1h" });
      const token = testApp.bearer(requireStatus(made, 201).secret);
      // Tokens cannot list tokens: whose bearer is good is told so.
      const good = [403, "session_required"];
      expect(await refusalOf(token.call("GET", "/pats"))).toEqual(good);
      const disabled = await disable(user);
      expect([disabled.status, disabled.updated_by]).toEqual(["disabled", admin.id]);
      expect((await user.call("GET", "/users/profile")).status).toBe(401);
      expect(await refusalOf(token.call("GET", "/pats"))).toEqual([401, "owner_disabled"]);
      const enabled = await admin.call("POST", `/users/${user.id}/enable`);
      expect(enabled.body.status).toBe("enabled");
      expect((await user.call("GET", "/users/profile")).status).toBe(401);
      expect(await refusalOf(token.call("GET", "/pats"))).toEqual([401, "token_revoked"]);
    });

    test("what is so already is a conflict", async () => {
      const user = await testApp.newUser();
      const path = `/users/${user.id}`;
      expect(await refusalOf(admin.call("POST", `${path}/enable`))).toEqual([409, "conflict"]);
      await disable(user);
      expect(await refusalOf(admin.call("POST", `${path}/disable`))).toEqual([409, "conflict"]);
      await remove(user);
      expect(await refusalOf(admin.call("DELETE", path))).toEqual([409, "conflict"]);
      expect(await refusalOf(admin.call("POST", `${path}/enable`))).toEqual([409, "conflict"]);
      expect(await refusalOf(admin.call("POST", `${path}/disable`))).toEqual([409, "conflict"]);
    });

    test("one may disable or delete oneself", async () => {
      const [first, second] = [await testApp.newUser(), await testApp.newUser()];
      expect((await first.call("POST", `/users/${first.id}/disable`)).status).toBe(200);
      expect((await second.call("DELETE", `/users/${second.id}`)).status).toBe(204);
      for (const user of [first, second]) {
        expect((await user.call("GET", "/users/profile")).status).toBe(401);
      }
    });

    test("a deleted user's name and email stay taken until the user is purged after 30 days", async () => {
      const user = await testApp.newUser();
      await remove(user);
      const again = registration({
        email: user.email,
        credentials: { username: newName(), secret: "a-good-password" },
      });
      expect(await refusalOf(testApp.nobody.call("POST", "/users", again))).toEqual([
        409,
        "already_exists",
        "email",
      ]);
      const { deps } = testApp;
      const later = (days: number) => ({
        ...deps,
        clock: () => testApp.clock.now + days * 86_400_000,
      });
      await purgeDeletedUsers(later(29.9));
      expect((await admin.call("GET", `/users/${user.id}`)).status).toBe(200);
      expect(await purgeDeletedUsers(later(30))).toBeGreaterThan(0);
      expect((await admin.call("GET", `/users/${user.id}`)).status).toBe(404);
      expect((await testApp.nobody.call("POST", "/users", again)).status).toBe(201);
      const events = await deps.database.read
        .selectFrom("audit_events")
        .selectAll()
        .where("action", "=", "users.purge")
        .where("entity_id", "=", user.id)
        .execute();
      expect(events).toMatchObject([{ actor_kind: "system", actor_user_id: null }]);
    });
  });

  describe("administrators", () => {
    test("can be made and unmade, which holds from the next request on", async () => {
      const user = await testApp.newUser();
      const setRole = (role: string) => admin.call("PATCH", `/users/${user.id}/role`, { role });
      expect((await user.call("GET", "/users")).status).toBe(403);
      expect((await setRole("admin")).body.role).toBe("admin");
      expect((await user.call("GET", "/users")).status).toBe(200);
      expect((await setRole("user")).body.role).toBe("user");
      expect((await user.call("GET", "/users")).status).toBe(403);
    });

    test("the last one who is enabled can be neither disabled, deleted nor demoted", async () => {
      const only = await startApp(kind);
      const path = `/users/${only.admin.id}`;
      const made = await only.admin.call(
        "POST",
        "/users",
        registration({ role: "admin", status: "disabled" }),
      );
      requireStatus(made, 201);
      const disable = () => only.admin.call("POST", `${path}/disable`);
      for (const attempt of [
        disable,
        () => only.admin.call("DELETE", path),
        () => only.admin.call("PATCH", `${path}/role`, { role: "user" }),
      ]) {
        expect(await refusalOf(attempt())).toEqual([409, "conflict"]);
      }
      requireStatus(await only.admin.call("POST", `/users/${made.body.id}/enable`), 200);
      requireStatus(await disable(), 200);
      await only.close();
    });

    test("two who demote each other at the same moment leave one", async () => {
      const pair = await startApp(kind);
      const second = await pair.newUser();
      const path = (user: TestUser) => `/users/${user.id}/role`;
      requireStatus(await pair.admin.call("PATCH", path(second), { role: "admin" }), 200);
      // Both are known as administrators when the requests begin.
      for (const user of [pair.admin, second]) requireStatus(await user.call("GET", "/users"), 200);
      const answers = await Promise.all([
        pair.admin.call("PATCH", path(second), { role: "user" }),
        second.call("PATCH", path(pair.admin), { role: "user" }),
      ]);
      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 403]);
      await pair.close();
    });
  });

  describe("the list", () => {
    let listApp: TestApp;
    const names = ["ada", "bob", "cleo", "dan"];
    const ids = new Map<string, string>();
    beforeAll(async () => {
      listApp = await startApp(kind, { environment: { TESSERA_USAGE_FLUSH_INTERVAL: "20ms" } });
      for (const [index, name] of names.entries()) {
        listApp.clock.now += 1000;
        const made = await listApp.admin.call("POST", "/users", {
          first_name: `First${name}`,
          last_name: `Last${names.length - index}`,
          email: `${name}@example.test`,
          credentials: { username: name, secret: "a-good-password" },
          tags: [name, ...(index % 2 === 0 ? ["even"] : ["odd"]), "all"],
          metadata: { index, nested: { name } },
          status: name === "cleo" ? "disabled" : "enabled",
        });
        ids.set(name, requireStatus(made, 201).id);
      }
      listApp.clock.now += 1000;
      const dan = await listApp.admin.call("DELETE", `/users/${ids.get("dan")}`);
      requireStatus(dan, 204);
      listApp.clock.now += 1000;
      const path = `/users/${ids.get("ada")}/picture`;
      requireStatus(await listApp.admin.call("PATCH", path, { profile_picture: picture }), 200);
    });
    afterAll(() => listApp.close());

    const list = async (query: Readonly<Record<string, string>> = {}) => {
      const path = `/users?${new URLSearchParams(query)}`;
      return requireStatus(await listApp.admin.call("GET", path), 200);
    };
    const namesOf = (page: { users: { credentials: { username: string } }[] }) =>
      page.users.map(({ credentials }) => credentials.username);

    test("shows administrators the enabled users, the last changed first, without secrets", async () => {
      const page = await list();
      expect(page).toMatchObject({ total: 3, offset: 0, limit: 10 });
      expect(namesOf(page)).toEqual(["ada", "bob", "admin"]);
      expect(page.users[0]).toMatchObject({
        email: "ada@example.test",
        tags: ["ada", "even", "all"],
      });
      expect(JSON.stringify(page)).not.toMatch(/argon2|password|private_metadata/);
    });

    test.each([
      [{ status: "all", order: "username", dir: "asc" }, ["ada", "admin", "bob", "cleo", "dan"]],
      [{ status: "disabled" }, ["cleo"]],
      [{ status: "deleted" }, ["dan"]],
      [{ status: "" }, ["ada", "bob", "admin"]],
      [{ order: "created_at", dir: "asc" }, ["admin", "ada", "bob"]],
      [{ order: "email", dir: "desc" }, ["bob", "admin", "ada"]],
      [{ order: "first_name", dir: "asc" }, ["ada", "bob", "admin"]],
      [{ order: "last_name", dir: "asc" }, ["admin", "bob", "ada"].toSorted()],
      [{ username: "AD" }, ["ada", "admin"]],
      [{ email: "BOB@" }, ["bob"]],
      [{ first_name: "firsta" }, ["ada"]],
      [{ last_name: "LAST3" }, ["bob"]],
      [{ username: "%" }, []],
      [{ tags: "ada,bob" }, ["ada", "bob"]],
      [{ tags: "all+even" }, ["ada"]],
      [{ tags: "odd+even" }, []],
      [{ tags: "odd+all,ada" }, ["ada", "bob"]],
      [{ metadata: '{"nested":{"name":"bob"}}' }, ["bob"]],
      [{ metadata: '{"index":7}' }, []],
      [{ limit: "1", offset: "1" }, ["bob"]],
      [{ only_total: "true" }, []],
    ])("with %j shows %j", async (query, expected) => {
      const page = await list(query as unknown as Record<string, string>);
      const shown = namesOf(page);
      const isOrdered = "order" in query && query.order !== "last_name";
      expect(isOrdered ? shown : shown.toSorted()).toEqual(
        isOrdered ? expected : expected.toSorted(),
      );
      if (!("limit" in query) && !("only_total" in query)) {
        expect(page.total).toBe(expected.length);
      } else expect(page.total).toBe(3);
    });

    test("tells administrators how many tokens each has and when one was used last, and nobody else", async () => {
      const bob = await listApp.signIn("bob", "a-good-password");
      const domainId = await listApp.newDomain(bob);
      const [first] = [
        await listApp.newToken(bob, domainId, []),
        await listApp.newToken(bob, domainId, []),
      ];
      requireStatus(await bob.call("PATCH", `/pats/${first.id}/secret/revoke`), 204);
      const used = await listApp.newToken(bob, domainId, ["domains:read:*"]);
      requireStatus(await used.call("GET", `/domains/${domainId}`), 200);
      const usedAt = new Date(listApp.clock.now).toISOString();
      const tokensOf = async (username: string) => (await list({ username })).users[0].tokens;
      await expect
        .poll(() => tokensOf("bob"), { timeout: 10_000 })
        .toEqual({ count: 3, last_used_at: usedAt });
      expect(await tokensOf("ada")).toEqual({ count: 0, last_used_at: "0001-01-01T00:00:00Z" });
      for (const path of [`/users/${bob.id}`, "/users/search?username=bob", "/users/profile"]) {
        expect(JSON.stringify((await bob.call("GET", path)).body)).not.toContain('"tokens"');
      }
    });

    test("is filtered by id and by time of creation, inclusive", async () => {
      const bob = (await list({ username: "bob" })).users[0];
      expect(namesOf(await list({ id: bob.id.slice(4, 20) }))).toEqual(["bob"]);
      const at = bob.created_at;
      expect(namesOf(await list({ created_from: at, created_to: at }))).toEqual(["bob"]);
    });

    test.each([
      ["limit=0", "limit"],
      ["limit=101", "limit"],
      ["offset=-1", "offset"],
      ["order=age", "order"],
      ["dir=up", "dir"],
      ["status=gone", "status"],
      ["metadata=[1]", "metadata"],
      ["metadata={", "metadata"],
      ["created_from=yesterday", "created_from"],
      ["only_total=perhaps", "only_total"],
      ["username=a&username=b", "username"],
      [`tags=${Array.from({ length: 101 }, (_, index) => index)}`, "tags"],
    ])("with ?%s is refused, naming %s", async (query, field) => {
      const sent = listApp.admin.call("GET", `/users?${query}`);
      expect(await refusalOf(sent)).toEqual([400, "invalid_query", field]);
    });

    test("is not for others", async () => {
      const user = await testApp.newUser();
      expect(await refusalOf(user.call("GET", "/users"))).toEqual([403, "owner_lacks_permission"]);
      expect((await testApp.nobody.call("GET", "/users")).status).toBe(401);
    });

    test("of a search shows any user the enabled ones who are no administrators", async () => {
      const ada = await listApp.signIn("ada", "a-good-password");
      const search = async (query: string) => {
        const answer = await ada.call("GET", `/users/search?${query}`);
        return requireStatus(answer, 200);
      };
      expect(await search("username=BOB")).toEqual({
        total: 1,
        offset: 0,
        limit: 10,
        users: [
          {
            id: ids.get("bob"),
            first_name: "Firstbob",
            last_name: "Last3",
            metadata: { index: 1, nested: { name: "bob" } },
            credentials: { username: "bob" },
            created_at: expect.stringMatching(/^20/),
            updated_at: "0001-01-01T00:00:00Z",
          },
        ],
      });
      for (const query of ["username=admin", "username=cleo", "username=dan"]) {
        expect(namesOf(await search(query)), query).toEqual([]);
      }
      expect(namesOf(await search("first_name=first"))).toEqual(["ada", "bob"]);
      expect(namesOf(await search("first_name=first&last_name=last3"))).toEqual(["bob"]);
      expect(namesOf(await search(`id=${ids.get("bob")}`))).toEqual(["bob"]);
      expect(namesOf(await search(`id=${ids.get("bob")?.toUpperCase()}`))).toEqual(["bob"]);
      expect(namesOf(await search(`id=${randomUUID()}`))).toEqual([]);
      expect(await search("first_name=first&limit=0")).toMatchObject({ total: 2, users: [] });
    });

    test("of a search finds people by the words of their names, from a word's beginning, and by nothing random", async () => {
      const user = await testApp.newUser();
      const seeker = await testApp.newUser();
      const word = `w${randomUUID().slice(0, 6)}`;
      const name = { first_name: `Anne-Marie ${word}`, last_name: `O'Neil Sánchez` };
      requireStatus(await user.call("PATCH", `/users/${user.id}`, name), 200);
      requireStatus(
        await testApp.admin.call("PATCH", `/users/${user.id}/username`, {
          username: `x-ada_${word}`,
        }),
        200,
      );
      const finds = async (query: string) => {
        const found = await seeker.call("GET", `/users/search?${encodeURI(query)}&limit=100`);
        return namesOf(requireStatus(found, 200)).includes(`x-ada_${word}`);
      };
      for (const query of [
        `first_name=${word}`,
        `first_name=${word.slice(0, 5).toUpperCase()}`,
        `first_name=marie ${word}`,
        `first_name=Anne-Marie ${word}`,
        `username=${word}`,
        `username=ada-${word}`,
        `username=x-ada_${word}`,
        `last_name=neil&username=${word}`,
        `last_name=o'neil sán&username=${word}`,
        `id=${user.id}`,
      ]) {
        expect(await finds(query), query).toBe(true);
      }
      for (const query of [
        `first_name=${word.slice(1)}`,
        `first_name=arie ${word}`,
        `username=${word.slice(2)}`,
        `username=da_${word}`,
        `last_name=eil&username=${word}`,
        `last_name=nchez&username=${word}`,
      ]) {
        expect(await finds(query), query).toBe(false);
      }
    });

    test("of a search finds somebody by the whole email address, and nobody by a part of one", async () => {
      const [user, seeker] = [await testApp.newUser(), await testApp.newUser()];
      const { email, credentials } = requireStatus(await user.call("GET", "/users/profile"), 200);
      const finds = async (text: string, more = "") => {
        const path = `/users/search?email=${encodeURIComponent(text)}${more}`;
        return namesOf(requireStatus(await seeker.call("GET", path), 200));
      };
      expect(await finds(email)).toEqual([credentials.username]);
      expect(await finds(` ${email.toUpperCase()} `)).toEqual([credentials.username]);
      expect(await finds(email, "&limit=0")).toEqual([]);
      expect(await finds(email, "&first_name=nobody")).toEqual([]);
      expect(await finds(email.slice(1))).toEqual([]);
      const { email: ofAdmin } = requireStatus(
        await testApp.admin.call("GET", "/users/profile"),
        200,
      );
      expect(await finds(ofAdmin)).toEqual([]);
      for (const part of [email.split("@")[0], "@example.com", "a b@example.com"]) {
        const path = `/users/search?email=${encodeURIComponent(part)}`;
        const refused = await seeker.call("GET", path);
        expect([refused.status, refused.body.field]).toEqual([400, "email"]);
      }
    });

    test("of searches show one user so many different people a day, those found already again, and an administrator all", async () => {
      const limited = await startApp(kind, {
        environment: { TESSERA_PEOPLE_FOUND_PER_DAY: "5" },
      });
      await limited.deps.database.inTransaction(async (trx) => {
        for (let index = 0; index < 8; index += 1) {
          const name = `many${index}`;
          const row = { ...userRow({ username: name, username_key: name }) };
          await trx.insertInto("users").values(row).execute();
        }
      });
      const [user, other] = [await limited.newUser(), await limited.newUser()];
      const search = async (caller: Caller, query: string) => {
        const { status, body } = await caller.call("GET", `/users/search?username=many${query}`);
        return status === 200 ? body.users.length : `${status} ${body.code} ${body.message}`;
      };
      const third = await limited.newUser();
      for (let asked = 0; asked < 5; asked += 1) {
        expect(await search(third, `${asked}&limit=0`)).toBe(0);
      }
      expect(await search(third, "6&limit=0")).toContain("429 rate_limited");
      expect(await search(third, "nobody&limit=0")).toBe(0);
      expect(await search(user, "&limit=3")).toBe(3);
      expect(await search(user, "&limit=4")).toBe(4);
      const refusal =
        "429 rate_limited One user may find 5 different people a day; try again in 86400 seconds";
      expect(await search(user, "")).toBe(refusal);
      expect(await search(user, "&offset=4&limit=2")).toBe(refusal);
      expect(await search(user, "4")).toBe(1);
      expect(await search(user, "5")).toBe(refusal);
      expect(await search(user, "&limit=5")).toBe(5);
      expect(await search(user, "&limit=0")).toBe(0);
      expect(await search(other, "&offset=3&limit=5")).toBe(5);
      expect(await search(limited.admin, "")).toBe(8);
      limited.clock.now += 24 * 60 * 60 * 1000;
      const { username, password } = user;
      expect(await search(await limited.signIn(username, password), "5")).toBe(1);
      await limited.close();
    });

    test("of a search ends after the first 100, and says no higher total", async () => {
      const many = await startApp(kind);
      const { deps } = many;
      await deps.database.inTransaction(async (trx) => {
        for (let index = 0; index < 130; index += 1) {
          const name = `many${String(index).padStart(3, "0")}`;
          const row = { ...userRow({ username: name, username_key: name }) };
          await trx.insertInto("users").values(row).execute();
        }
      });
      const user = await many.newUser();
      const search = async (query: string) => {
        const { body } = await user.call("GET", `/users/search?username=many&${query}`);
        return [body.total, body.users.length];
      };
      expect(await search("limit=100")).toEqual([100, 100]);
      expect(await search("limit=100&offset=90")).toEqual([100, 10]);
      expect(await search("limit=10&offset=95")).toEqual([100, 5]);
      expect(await search("limit=10&offset=100")).toEqual([100, 0]);
      expect(await search("limit=10&offset=1000000")).toEqual([100, 0]);
      await many.close();
    });

    test.each([
      "",
      "username=",
      "username=a",
      "username=%20a%20",
      "first_name=F",
      "last_name=L",
      "first_name=First&last_name=L",
      "username=a-",
      "first_name=---",
      "id=ab",
      `id=${randomUUID().slice(0, 35)}`,
      "email=bob",
      "email=%40example.test",
    ])("of a search for ?%s is refused", async (query) => {
      const ada = await listApp.signIn("ada", "a-good-password");
      const answer = await ada.call("GET", `/users/search?${query}`);
      expect([answer.status, answer.body.code]).toEqual([400, "invalid_query"]);
    });
  });
});
