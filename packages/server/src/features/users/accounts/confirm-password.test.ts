import { randomUUID } from "node:crypto";
import { accountEndpoints } from "@tessera/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { onEveryDatabase } from "../../../testing/on-every-database.ts";
import {
  type Caller,
  requireStatus,
  startApp,
  type TestApp,
  type TestUser,
} from "../../../testing/start-app.ts";

const minute = 60_000;
const newName = () => `u${randomUUID().slice(0, 13)}`;

test("the changes of an account that need the password are these", () => {
  const ids = accountEndpoints.flatMap(({ id, access }) =>
    "needsFreshPassword" in access && access.needsFreshPassword ? id : [],
  );
  expect(ids).toEqual([
    "users.update_username",
    "users.update_email",
    "users.update_role",
    "users.disable",
    "users.delete",
    "users.make_reset_link",
    "calendar.make_feed",
  ]);
});

onEveryDatabase("confirming with the password", (kind) => {
  let testApp: TestApp;
  beforeAll(async () => {
    testApp = await startApp(kind, {
      environment: {
        TESSERA_SIGN_IN_FAILURES_PER_ACCOUNT: "3",
        TESSERA_ACCESS_TOKEN_LIFETIME: "2h",
      },
    });
  });
  afterAll(() => testApp.close());

  const confirm = (caller: Caller, password: string) =>
    caller.call("POST", "/users/tokens/confirm", { password });
  const newAdmin = () => testApp.signIn(testApp.admin.username, testApp.admin.password);
  const stateOf = async (id: string) => {
    const read = testApp.deps.database.read.selectFrom("users").selectAll();
    return read.where("id", "=", id).executeTakeFirstOrThrow();
  };
  const sendings = (path: string) =>
    [
      ["PATCH", `${path}/username`, { username: newName() }],
      ["PATCH", `${path}/email`, { email: `${newName()}@b.test` }],
      ["POST", `${path}/disable`, undefined],
      ["DELETE", path, undefined],
    ] as const;
  const refused = [403, "password_confirmation_required"];
  const codeOf = ({ status, body }: { status: number; body: { code?: string } }) => [
    status,
    body?.code,
  ];

  test("an account changes within ten minutes of signing in, and not after, without the password", async () => {
    for (const index of [0, 1, 2, 3]) {
      const user = await testApp.newUser();
      const [method, url, body] = sendings(`/users/${user.id}`)[index] ?? ["GET", "", undefined];
      testApp.clock.now += 10 * minute;
      const before = await stateOf(user.id);
      expect(codeOf(await user.call(method, url, body)), url).toEqual(refused);
      expect(await stateOf(user.id)).toEqual(before);
      requireStatus(await confirm(user, user.password), 204);
      testApp.clock.now += 10 * minute - 1;
      expect([200, 204]).toContain((await user.call(method, url, body)).status);
      expect(await stateOf(user.id)).not.toEqual(before);
    }
  });

  test("the refusal says how, and needs no body to be read", async () => {
    const user = await testApp.newUser();
    testApp.clock.now += 10 * minute;
    const answer = await user.call("PATCH", `/users/${user.id}/email`, "{");
    expect(codeOf(answer)).toEqual(refused);
    expect(answer.body.message).toContain("POST /users/tokens/confirm");
  });

  test("names, tags and reading need none", async () => {
    const user = await testApp.newUser();
    testApp.clock.now += 60 * minute;
    const path = `/users/${user.id}`;
    expect((await user.call("PATCH", path, { first_name: "Grace" })).status).toBe(200);
    expect((await user.call("PATCH", `${path}/tags`, { tags: ["a"] })).status).toBe(200);
    expect((await user.call("GET", path)).status).toBe(200);
  });

  test("an administrator too, for others' roles and accounts, and for making another administrator", async () => {
    const admin = await newAdmin();
    const user = await testApp.newUser();
    testApp.clock.now += 10 * minute;
    const before = await stateOf(user.id);
    const username = newName();
    const person = {
      first_name: "Grace",
      last_name: "Hopper",
      email: `${username}@example.test`,
      credentials: { username, secret: "a-good-password" },
    };
    const all = [
      ["PATCH", `/users/${user.id}/role`, { role: "admin" }],
      ["POST", "/users", { ...person, role: "admin" }],
      ...sendings(`/users/${user.id}`),
    ] as const;
    for (const [method, url, body] of all) {
      expect(codeOf(await admin.call(method, url, body)), url).toEqual(refused);
    }
    expect(await stateOf(user.id)).toEqual(before);
    expect((await admin.call("GET", `/users?username=${username}`)).body.total).toBe(0);
    requireStatus(await confirm(admin, admin.password), 204);
    for (const [method, url, body] of all) {
      expect([200, 201, 204], url).toContain((await admin.call(method, url, body)).status);
      if (url.endsWith("/disable")) await admin.call("POST", `/users/${user.id}/enable`);
    }
  });

  test("who may not do it at all is told that, not to give the password", async () => {
    const [user, other] = [await testApp.newUser(), await testApp.newUser()];
    testApp.clock.now += 10 * minute;
    const answer = await user.call("PATCH", `/users/${other.id}/email`, { email: "x@b.test" });
    expect(codeOf(answer)).toEqual([403, "owner_lacks_permission"]);
  });

  test("a session that was refreshed keeps the time of its password", async () => {
    const user = await testApp.newUser();
    testApp.clock.now += 9 * minute;
    const refresh = await testApp.bearer(user.refreshToken).call("POST", "/users/tokens/refresh");
    const caller = testApp.bearer(requireStatus(refresh, 201).access_token);
    const path = `/users/${user.id}/email`;
    requireStatus(await caller.call("PATCH", path, { email: `${newName()}@b.test` }), 200);
    testApp.clock.now += minute;
    const answer = await caller.call("PATCH", path, { email: `${newName()}@b.test` });
    expect(codeOf(answer)).toEqual(refused);
  });

  test("confirming counts for that session alone, and is recorded", async () => {
    const user = await testApp.newUser();
    const other = await testApp.signIn(user.username, user.password);
    testApp.clock.now += 10 * minute;
    requireStatus(await confirm(other, user.password), 204);
    const change = (caller: TestUser) =>
      caller.call("PATCH", `/users/${user.id}/email`, { email: `${newName()}@b.test` });
    expect(codeOf(await change(user))).toEqual(refused);
    expect((await change(other)).status).toBe(200);
    const events = await testApp.deps.database.read
      .selectFrom("audit_events")
      .select("action")
      .where("actor_user_id", "=", user.id)
      .where("action", "=", "sessions.confirm")
      .execute();
    expect(events).toHaveLength(1);
  });

  test("changing the password, which names the present one, confirms too", async () => {
    const user = await testApp.newUser();
    testApp.clock.now += 10 * minute;
    const body = { old_secret: user.password, new_secret: "another good password" };
    requireStatus(await user.call("PATCH", "/users/secret", body), 200);
    const path = `/users/${user.id}/email`;
    expect((await user.call("PATCH", path, { email: `${newName()}@b.test` })).status).toBe(200);
  });

  test("a wrong password confirms nothing, and counts like one at sign-in", async () => {
    const user = await testApp.newUser();
    testApp.clock.now += 10 * minute;
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const wrong = await confirm(user, "wrong");
      expect([...codeOf(wrong), wrong.body.field]).toEqual([400, "invalid_body", "password"]);
    }
    const late = await confirm(user, user.password);
    expect(codeOf(late)).toEqual([429, "rate_limited"]);
    expect(late.headers["retry-after"]).toBe("900");
    const body = { username: user.email, password: user.password };
    expect((await testApp.nobody.call("POST", "/users/tokens/issue", body)).status).toBe(429);
    const path = `/users/${user.id}/email`;
    expect(codeOf(await user.call("PATCH", path, { email: "y@b.test" }))).toEqual(refused);
  });

  test("what a cache remembers of a confirmation is not enough where the change commits", async () => {
    const user = await testApp.newUser();
    requireStatus(await user.call("GET", "/users/profile"), 200);
    await testApp.deps.database.inTransaction((trx) =>
      trx.updateTable("sessions").set({ confirmed_at: 0 }).where("user_id", "=", user.id).execute(),
    );
    const before = await stateOf(user.id);
    const answer = await user.call("PATCH", `/users/${user.id}/email`, { email: "z@b.test" });
    expect(codeOf(answer)).toEqual(refused);
    expect(await stateOf(user.id)).toEqual(before);
  });

  test("a token cannot confirm", async () => {
    const user = await testApp.newUser();
    const made = await user.call("POST", "/pats", { name: "ci", duration: "1h" });
    const token = testApp.bearer(requireStatus(made, 201).secret);
    expect(codeOf(await confirm(token, user.password))).toEqual([403, "session_required"]);
  });
});
