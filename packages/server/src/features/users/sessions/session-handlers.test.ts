import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemActor } from "../../../access/actor.ts";
import { onEveryDatabase } from "../../../testing/on-every-database.ts";
import {
  requireStatus,
  startApp,
  type TestApp,
  type TestUser,
} from "../../../testing/start-app.ts";
import { signRefreshToken } from "./session-tokens.ts";

const accessLifetime = 15 * 60_000;
const withHeader = { "x-tessera-csrf": "1" };

/** Cookies of a reply: name → value and attributes. */
function cookiesOf(headers: Readonly<Record<string, unknown>>) {
  const lines = [headers["set-cookie"] ?? []].flat() as string[];
  return Object.fromEntries(
    lines.map((line) => {
      const [pair = "", ...attributes] = line.split("; ");
      const [name = "", value = ""] = pair.split("=");
      return [name, { value, attributes }];
    }),
  );
}

const secureCookies = ["__Host-tessera_access", "__Host-tessera_refresh", "__Host-tessera_device"];

onEveryDatabase("sessions", (kind) => {
  let testApp: TestApp;
  beforeAll(async () => {
    testApp = await startApp(kind, { environment: { TESSERA_TRUSTED_PROXIES: "127.0.0.1" } });
  });
  afterAll(() => testApp.close());

  const issue = (username: string, password: string, more: object = {}, headers = {}) =>
    testApp.nobody.call("POST", "/users/tokens/issue", { username, password, ...more }, headers);
  /** Signed in now, whatever the clock has been moved to. */
  const newAdmin = () => testApp.signIn(testApp.admin.username, testApp.admin.password);
  const refresh = (token: string) => testApp.bearer(token).call("POST", "/users/tokens/refresh");
  const statusOf = async (accessToken: string) =>
    (await testApp.bearer(accessToken).call("GET", "/users/profile")).status;
  const sessionsOf = async (user: TestUser) =>
    (await user.call("GET", "/users/tokens/refresh-tokens")).body.refresh_tokens;
  const auditOf = (action: string, entityId: string) =>
    testApp.deps.database.read
      .selectFrom("audit_events")
      .selectAll()
      .where("action", "=", action)
      .where("entity_id", "=", entityId)
      .execute();

  describe("signing in", () => {
    test("works with the username or the email, in any case", async () => {
      const user = await testApp.newUser();
      for (const name of [user.username, user.email, user.email.toUpperCase()]) {
        const issued = await issue(name, user.password);
        expect(issued.status).toBe(201);
        expect(Object.keys(issued.body).sort()).toEqual(["access_token", "refresh_token"]);
        expect(await statusOf(issued.body.access_token)).toBe(200);
      }
    });

    test("an unknown user, a wrong password, a disabled and a deleted user get one and the same answer", async () => {
      const admin = await newAdmin();
      const [user, disabled, deleted] = [
        await testApp.newUser(),
        await testApp.newUser(),
        await testApp.newUser(),
      ];
      requireStatus(await admin.call("POST", `/users/${disabled.id}/disable`), 200);
      requireStatus(await admin.call("DELETE", `/users/${deleted.id}`), 204);
      const answers = [
        await issue(`nobody-${randomUUID().slice(0, 8)}`, user.password),
        await issue(user.username, "a wrong password"),
        await issue(disabled.username, disabled.password),
        await issue(deleted.email, deleted.password),
      ];
      for (const { status, headers, body } of answers) {
        expect([status, { ...body, request_id: "" }, headers["www-authenticate"]]).toEqual([
          401,
          {
            message: "Wrong username or password",
            code: "wrong_credentials",
            request_id: "",
          },
          "Bearer",
        ]);
      }
    });

    test("is recorded with the session, its address, its program and its description", async () => {
      const user = await testApp.newUser();
      const body = { description: "laptop" };
      const from = { "x-forwarded-for": "198.51.100.7", "user-agent": "curl/8" };
      const issued = await issue(user.username, user.password, body, from);
      const caller = { ...user, ...testApp.bearer(issued.body.access_token) };
      const sessions = await sessionsOf(caller);
      const current = sessions.find((session: { current: boolean }) => session.current);
      expect(sessions).toHaveLength(2);
      expect(current).toMatchObject({
        description: "laptop",
        address: "198.51.100.7",
        user_agent: "curl/8",
        created_at: new Date(testApp.clock.now).toISOString(),
        last_used_at: "0001-01-01T00:00:00Z",
      });
      expect(await auditOf("sessions.issue", current.id)).toMatchObject([
        {
          actor_user_id: user.id,
          actor_kind: "session",
          session_id: current.id,
          address: "198.51.100.7",
        },
      ]);
    });

    test("shows what a program hides in the name that it gives itself", async () => {
      const user = await testApp.newUser();
      const from = { "user-agent": `curl\u009b31m\t${"x".repeat(600)}` };
      const issued = await issue(user.username, user.password, {}, from);
      const caller = { ...user, ...testApp.bearer(issued.body.access_token) };
      const sessions = await sessionsOf(caller);
      const current = sessions.find((session: { current: boolean }) => session.current);
      expect(current.user_agent).toBe(`curl\\u009b31m\\u0009${"x".repeat(493)}`);
    });

    test("leaves a person at most 100 sessions: the one unused for longest ends", async () => {
      const user = await testApp.newUser();
      const { database, hub, keys } = testApp.deps;
      const [oldest] = await database.read
        .selectFrom("sessions")
        .selectAll()
        .where("user_id", "=", user.id)
        .execute();
      await hub.change(systemActor, async ({ trx }) => {
        for (let index = 1; index < 100; index += 1) {
          const id = randomUUID();
          const session = {
            id,
            user_id: user.id,
            refresh_digest: keys.digest("refresh-token", id),
            created_at: testApp.clock.now + index,
            expires_at: testApp.clock.now + 1_000_000,
            confirmed_at: testApp.clock.now + index,
          };
          await trx.insertInto("sessions").values(session).execute();
        }
      });
      expect(await statusOf(user.accessToken)).toBe(200);
      const issued = requireStatus(await issue(user.username, user.password), 201);
      expect(await statusOf(user.accessToken)).toBe(401);
      const caller = { ...user, ...testApp.bearer(issued.access_token) };
      const ids = (await sessionsOf(caller)).map(({ id }: { id: string }) => id);
      expect(ids).toHaveLength(100);
      expect(ids).not.toContain(oldest?.id);
    });

    test.each([
      ["no username", {}, "username"],
      ["no password", { username: "ada" }, "password"],
      ["an empty username", { username: "", password: "x" }, "username"],
      ["an empty password", { username: "ada", password: "" }, "password"],
      ["a number for a password", { username: "ada", password: 12345678 }, "password"],
      ["an endless password", { username: "ada", password: "x".repeat(1025) }, "password"],
      ["a list of usernames", { username: ["ada"], password: "x" }, "username"],
      ["a NUL character", { username: "a\u0000", password: "x" }, "username"],
    ])("with %s is refused, naming the field", async (_, body, field) => {
      const answer = await testApp.nobody.call("POST", "/users/tokens/issue", body);
      expect([answer.status, answer.body.code, answer.body.field]).toEqual([
        400,
        "invalid_body",
        field,
      ]);
    });
  });

  describe("access tokens", () => {
    test("are good for 15 minutes", async () => {
      const user = await testApp.newUser();
      testApp.clock.now += accessLifetime - 2000;
      expect(await statusOf(user.accessToken)).toBe(200);
      testApp.clock.now += 2000;
      const answer = await user.call("GET", "/users/profile");
      expect([answer.status, answer.body.code]).toEqual([401, "token_expired"]);
    });

    test("a refresh token is none, and an access token refreshes nothing", async () => {
      const user = await testApp.newUser();
      expect(await statusOf(user.refreshToken)).toBe(401);
      expect((await refresh(user.accessToken)).status).toBe(401);
    });

    test("of a disabled user tell why they are refused, those of a deleted user do not work", async () => {
      const admin = await newAdmin();
      const user = await testApp.newUser();
      requireStatus(await admin.call("POST", `/users/${user.id}/disable`), 200);
      const disabled = await user.call("GET", "/users/profile");
      expect([disabled.status, disabled.body.code]).toEqual([401, "owner_disabled"]);
      requireStatus(await admin.call("DELETE", `/users/${user.id}`), 204);
      const deleted = await user.call("GET", "/users/profile");
      expect([deleted.status, deleted.body.code]).toEqual([401, "unauthenticated"]);
    });

    test("of a session that has ended are refused, also by a server that had them cached", async () => {
      const user = await testApp.newUser();
      expect(await statusOf(user.accessToken)).toBe(200);
      const [session] = await sessionsOf(user);
      const revoke = await user.call("POST", "/users/tokens/revoke", { token_id: session.id });
      expect([revoke.status, revoke.body]).toEqual([204, undefined]);
      expect(await statusOf(user.accessToken)).toBe(401);
      expect((await refresh(user.refreshToken)).status).toBe(401);
    });
  });

  describe("refreshing", () => {
    test("replaces both tokens and keeps session, description and end", async () => {
      const user = await testApp.newUser();
      const [before] = await sessionsOf(user);
      testApp.clock.now += accessLifetime;
      const pair = requireStatus(await refresh(user.refreshToken), 201);
      expect(pair.refresh_token).not.toBe(user.refreshToken);
      const caller = { ...user, ...testApp.bearer(pair.access_token) };
      const [after, ...others] = await sessionsOf(caller);
      expect(others).toEqual([]);
      expect(after).toEqual({
        ...before,
        last_used_at: new Date(testApp.clock.now).toISOString(),
      });
    });

    test("a replaced refresh token that comes again ends the session and every token of it", async () => {
      const user = await testApp.newUser();
      const [session] = await sessionsOf(user);
      const second = requireStatus(await refresh(user.refreshToken), 201);
      testApp.clock.now += 60_000;
      const third = requireStatus(await refresh(second.refresh_token), 201);
      expect(await statusOf(third.access_token)).toBe(200);
      testApp.clock.now += 60_000;
      const reused = await refresh(user.refreshToken);
      expect([reused.status, reused.body.code]).toEqual([401, "unauthenticated"]);
      expect(await statusOf(third.access_token)).toBe(401);
      expect((await refresh(third.refresh_token)).status).toBe(401);
      expect((await refresh(second.refresh_token)).status).toBe(401);
      expect(await auditOf("sessions.reuse_detected", session.id)).toHaveLength(1);
    });

    test("the token just replaced ends the session too, once the moment for two tabs is over", async () => {
      const user = await testApp.newUser();
      const next = requireStatus(await refresh(user.refreshToken), 201);
      testApp.clock.now += 10_000;
      expect((await refresh(user.refreshToken)).status).toBe(401);
      expect((await refresh(next.refresh_token)).status).toBe(401);
    });

    test("two tabs that refresh at the same moment get the same session and both go on", async () => {
      const user = await testApp.newUser();
      testApp.clock.now += 1234;
      const answers = await Promise.all([1, 2, 3, 4].map(() => refresh(user.refreshToken)));
      const [first, ...others] = answers.map((answer) => requireStatus(answer, 201));
      for (const other of others) expect(other).toEqual(first);
      testApp.clock.now += 9000;
      expect(requireStatus(await refresh(user.refreshToken), 201)).toEqual(first);
      expect(await statusOf(first.access_token)).toBe(200);
      testApp.clock.now += 60_000;
      expect((await refresh(first.refresh_token)).status).toBe(201);
    });

    test("ends with the session, however often it was refreshed", async () => {
      const user = await testApp.newUser();
      const begin = testApp.clock.now;
      testApp.clock.now = begin + 29 * 86_400_000;
      const { refresh_token } = requireStatus(await refresh(user.refreshToken), 201);
      testApp.clock.now = begin + 30 * 86_400_000;
      const late = await refresh(refresh_token);
      expect([late.status, late.body.code]).toEqual([401, "token_expired"]);
    });

    test("is refused to a disabled user", async () => {
      const admin = await newAdmin();
      const user = await testApp.newUser();
      requireStatus(await admin.call("POST", `/users/${user.id}/disable`), 200);
      expect((await refresh(user.refreshToken)).status).toBe(401);
      requireStatus(await admin.call("POST", `/users/${user.id}/enable`), 200);
      expect((await refresh(user.refreshToken)).status).toBe(401);
    });

    test("needs a refresh token that was signed here and whose session is known", async () => {
      const user = await testApp.newUser();
      const origin = {
        userId: user.id,
        sessionId: randomUUID(),
        generation: 0,
        issuedAt: testApp.clock.now,
        expiresAt: testApp.clock.now + 1_000_000,
      };
      const unknown = await signRefreshToken(testApp.deps.keys, origin);
      for (const token of ["undefined", "a.b.c", "pat_garbage", unknown]) {
        expect((await refresh(token)).status, token).toBe(401);
      }
      expect((await testApp.nobody.call("POST", "/users/tokens/refresh")).status).toBe(401);
    });
  });

  if (kind.name === "PostgreSQL") {
    test("a second server gives the same pair at the same moment, and ends what the first has cached", async () => {
      const second = await startApp(kind, { sameDatabaseAs: testApp });
      second.clock.now = testApp.clock.now;
      const user = await testApp.newUser();
      const refreshAt = ({ bearer }: TestApp) =>
        bearer(user.refreshToken).call("POST", "/users/tokens/refresh");
      const answers = await Promise.all([refreshAt(testApp), refreshAt(second)]);
      const [first, other] = answers.map((answer) => requireStatus(answer, 201));
      expect(other).toEqual(first);
      expect(await statusOf(first.access_token)).toBe(200);
      second.clock.now += 60_000;
      expect((await refreshAt(second)).status).toBe(401);
      await expect.poll(() => statusOf(first.access_token)).toBe(401);
      await second.close();
    });
  }

  describe("ending", () => {
    test("another user's session is not possible, and an unknown one is no error", async () => {
      const [user, other] = [await testApp.newUser(), await testApp.newUser()];
      const [session] = await sessionsOf(other);
      for (const token_id of [session.id, randomUUID(), "no id at all"]) {
        const answer = await user.call("POST", "/users/tokens/revoke", { token_id });
        expect(answer.status).toBe(204);
      }
      expect(await statusOf(other.accessToken)).toBe(200);
      expect(await sessionsOf(other)).toHaveLength(1);
    });

    test("one session leaves the others alone, and what has ended is not listed", async () => {
      const user = await testApp.newUser();
      const second = await testApp.signIn(user.username, user.password);
      const [newest] = (await sessionsOf(second)).filter(
        ({ current }: { current: boolean }) => !current,
      );
      requireStatus(
        await second.call("POST", "/users/tokens/revoke", { token_id: newest.id }),
        204,
      );
      expect(await statusOf(user.accessToken)).toBe(401);
      expect(await sessionsOf(second)).toHaveLength(1);
    });

    test("is nothing that a personal access token can do", async () => {
      const admin = await newAdmin();
      const made = await admin.call("POST", "/pats", { name: "ci", duration: "1h" });
      const token = testApp.bearer(requireStatus(made, 201).secret);
      for (const [method, path, body] of [
        ["POST", "/users/tokens/revoke", { token_id: "x" }],
        ["GET", "/users/tokens/refresh-tokens", undefined],
        ["PATCH", "/users/secret", { old_secret: "x", new_secret: "y" }],
        ["GET", "/users/profile", undefined],
      ] as const) {
        const answer = await token.call(method, path, body);
        expect([answer.status, answer.body.code], path).toEqual([403, "session_required"]);
      }
    });
  });

  describe("in a browser", () => {
    const signIn = (user: TestUser, headers: Readonly<Record<string, string>> = withHeader) =>
      testApp.nobody.call(
        "POST",
        "/session",
        { username: user.username, password: user.password },
        headers,
      );
    const send = (
      method: string,
      path: string,
      cookies: Readonly<Record<string, { value: string }>>,
      headers: Readonly<Record<string, string>> = withHeader,
      body?: object,
    ) => {
      const cookie = Object.entries(cookies)
        .map(([name, { value }]) => `${name}=${value}`)
        .join("; ");
      return testApp.nobody.call(method, path, body, { cookie, ...headers });
    };
    const only = (cookies: ReturnType<typeof cookiesOf>, name: string) =>
      Object.fromEntries(Object.entries(cookies).filter(([key]) => key === name));

    test("signing in answers the user and puts the session into cookies that scripts cannot read", async () => {
      const user = await testApp.newUser();
      const answer = await signIn(user);
      expect(answer.status).toBe(201);
      expect(answer.body).toMatchObject({ id: user.id, email: user.email, role: "user" });
      expect(JSON.stringify(answer.body)).not.toMatch(/eyJ|token/);
      const cookies = cookiesOf(answer.headers);
      expect(cookies.tessera_access?.attributes.toSorted()).toEqual([
        "HttpOnly",
        "Max-Age=900",
        "Path=/",
        "SameSite=Strict",
      ]);
      expect(cookies.tessera_refresh?.attributes.toSorted()).toEqual([
        "HttpOnly",
        "Max-Age=2592000",
        "Path=/session",
        "SameSite=Strict",
      ]);
      expect(cookies.tessera_device?.attributes.toSorted()).toEqual([
        "HttpOnly",
        "Max-Age=34560000",
        "Path=/",
        "SameSite=Strict",
      ]);
      for (const told of [user.id, user.username, user.email]) {
        expect(cookies.tessera_device?.value).not.toContain(told);
      }
      expect((await send("GET", "/users/profile", cookies, {})).body.id).toBe(user.id);
    });

    test("cookies are Secure behind a proxy that speaks https", async () => {
      const user = await testApp.newUser();
      const answer = await signIn(user, { ...withHeader, "x-forwarded-proto": "https" });
      for (const { attributes } of Object.values(cookiesOf(answer.headers))) {
        expect(attributes).toContain("Secure");
      }
    });

    test("a cookie holds a session only: a personal access token in it is nobody", async () => {
      const user = await testApp.newUser();
      const domainId = await testApp.newDomain(user);
      const token = await testApp.newToken(user, domainId, ["domains:read", "domains:update"]);
      expect((await token.call("GET", `/domains/${domainId}`)).status).toBe(200);
      for (const name of ["tessera_access", "__Host-tessera_access"]) {
        const cookies = { [name]: { value: token.secret } };
        for (const [method, body] of [
          ["GET", undefined],
          ["PATCH", { name: "renamed" }],
        ] as const) {
          const answer = await send(method, `/domains/${domainId}`, cookies, withHeader, body);
          expect([answer.status, answer.body.code], name).toEqual([401, "unauthenticated"]);
        }
      }
      const kept = await user.call("GET", `/domains/${domainId}`);
      expect(kept.body.name).not.toBe("renamed");
    });

    test("over https cookies have names that no other host can plant, and no others are read", async () => {
      const user = await testApp.newUser();
      const https = { ...withHeader, "x-forwarded-proto": "https" };
      const cookies = cookiesOf((await signIn(user, https)).headers);
      expect(Object.keys(cookies)).toEqual(secureCookies);
      const [access, renewing] = Object.values(cookies);
      expect(access?.attributes).toEqual(expect.arrayContaining(["Path=/", "Secure"]));
      expect(renewing?.attributes).toEqual(expect.arrayContaining(["Path=/", "Secure"]));
      expect((await send("GET", "/users/profile", cookies, https)).body.id).toBe(user.id);
      const planted = { tessera_access: { value: access?.value ?? "" } };
      expect((await send("GET", "/users/profile", planted, https)).status).toBe(401);
      const stale = { tessera_refresh: { value: renewing?.value ?? "" } };
      expect((await send("POST", "/session/refresh", stale, https)).status).toBe(401);
      const renewed = await send("POST", "/session/refresh", cookies, https);
      expect(renewed.status).toBe(204);
      expect(Object.keys(cookiesOf(renewed.headers))).toEqual(secureCookies.slice(0, 2));
    });

    test("cookies are Secure where people come by https, whatever the server knows of the proxy", async () => {
      const server = await startApp(kind, {
        environment: { TESSERA_PUBLIC_URL: "https://tokens.example.org" },
      });
      const user = await server.newUser();
      const body = { username: user.username, password: user.password };
      const answer = await server.nobody.call("POST", "/session", body, withHeader);
      const cookies = cookiesOf(answer.headers);
      expect(Object.keys(cookies)).toEqual(secureCookies);
      for (const { attributes } of Object.values(cookies)) expect(attributes).toContain("Secure");
      await server.close();
    });

    test("nothing changes without the header that other sites cannot send", async () => {
      const user = await testApp.newUser();
      const cookies = cookiesOf((await signIn(user)).headers);
      const crossSite = { ...withHeader, "sec-fetch-site": "cross-site" };
      for (const headers of [{}, crossSite]) {
        const answers = [
          await signIn(user, headers),
          await send("POST", "/session/refresh", cookies, headers),
          await send("DELETE", "/session", cookies, headers),
          await send("PATCH", `/users/${user.id}/tags`, cookies, headers, { tags: ["a"] }),
        ];
        for (const { status, body, headers: sent } of answers) {
          expect([status, body.code]).toEqual([403, "csrf_refused"]);
          expect(sent["set-cookie"]).toBeUndefined();
        }
      }
      expect((await send("GET", "/users/profile", cookies, {})).body.tags).toEqual([]);
      const changed = await send("PATCH", `/users/${user.id}/tags`, cookies, withHeader, {
        tags: ["a"],
      });
      expect(changed.body.tags).toEqual(["a"]);
    });

    test("refreshing replaces both cookies", async () => {
      const user = await testApp.newUser();
      const cookies = cookiesOf((await signIn(user)).headers);
      testApp.clock.now += accessLifetime;
      expect((await send("GET", "/users/profile", cookies)).status).toBe(401);
      const answer = await send("POST", "/session/refresh", only(cookies, "tessera_refresh"));
      expect([answer.status, answer.body]).toEqual([204, undefined]);
      const renewed = cookiesOf(answer.headers);
      expect(renewed.tessera_refresh?.value).not.toBe(cookies.tessera_refresh?.value);
      expect((await send("GET", "/users/profile", renewed)).status).toBe(200);
    });

    test("a replaced refresh cookie ends the session, and the browser is told to forget it", async () => {
      const user = await testApp.newUser();
      const cookies = cookiesOf((await signIn(user)).headers);
      const renewed = cookiesOf((await send("POST", "/session/refresh", cookies)).headers);
      testApp.clock.now += 60_000;
      const reused = await send("POST", "/session/refresh", cookies);
      expect([reused.status, reused.body.code]).toEqual([401, "unauthenticated"]);
      for (const { value, attributes } of Object.values(cookiesOf(reused.headers))) {
        expect(value).toBe("");
        expect(attributes).toContain("Expires=Thu, 01 Jan 1970 00:00:00 GMT");
      }
      expect((await send("GET", "/users/profile", renewed)).status).toBe(401);
    });

    test("without a cookie there is nothing to refresh", async () => {
      const answer = await send("POST", "/session/refresh", {});
      expect([answer.status, answer.body.code]).toEqual([401, "unauthenticated"]);
    });

    test.each([
      ["both cookies", ["tessera_access", "tessera_refresh"], 0],
      ["the access cookie alone", ["tessera_access"], 0],
      ["an expired access cookie", ["tessera_access"], accessLifetime],
      ["the refresh cookie alone", ["tessera_refresh"], accessLifetime],
    ])("signing out with %s ends the session on the server", async (_, names, later) => {
      const user = await testApp.newUser();
      const cookies = cookiesOf((await signIn(user)).headers);
      testApp.clock.now += later;
      const sent = Object.fromEntries(
        Object.entries(cookies).filter(([name]) => names.includes(name)),
      );
      const answer = await send("DELETE", "/session", sent);
      expect(answer.status).toBe(204);
      const cleared = cookiesOf(answer.headers);
      expect(cleared.tessera_access).toMatchObject({ value: "" });
      expect(cleared.tessera_access?.attributes).toContain("Path=/");
      expect(cleared.tessera_refresh?.attributes).toContain("Path=/session");
      expect((await refresh(cookies.tessera_refresh?.value ?? "")).status).toBe(401);
      const read = testApp.deps.database.read.selectFrom("sessions").selectAll();
      const sessions = await read.where("user_id", "=", user.id).execute();
      expect(sessions.filter(({ ended_at }) => ended_at !== null)).toHaveLength(1);
    });

    test("signing out twice, or as nobody, is no error", async () => {
      expect((await send("DELETE", "/session", {})).status).toBe(204);
      const garbage = { tessera_access: { value: "x" }, tessera_refresh: { value: "y.z.w" } };
      expect((await send("DELETE", "/session", garbage)).status).toBe(204);
    });
  });
});

onEveryDatabase("failed sign-ins", (kind) => {
  let testApp: TestApp;
  const start = (perAddress: number) =>
    startApp(kind, {
      environment: {
        TESSERA_TRUSTED_PROXIES: "127.0.0.1",
        TESSERA_SIGN_IN_FAILURES_PER_ACCOUNT: "6",
        TESSERA_SIGN_IN_FAILURES_PER_ADDRESS: `${perAddress}`,
        TESSERA_SIGN_IN_FAILURE_WINDOW: "10m",
      },
    });
  beforeAll(async () => {
    testApp = await start(5);
  });
  afterAll(() => testApp.close());

  let addresses = 0;
  const newAddress = () => {
    addresses += 1;
    return `198.51.100.${addresses}`;
  };
  const issue = (
    username: string,
    password: string,
    address = newAddress(),
    { nobody } = testApp,
  ) =>
    nobody.call(
      "POST",
      "/users/tokens/issue",
      { username, password },
      { "x-forwarded-for": address },
    );

  test("block the account at their address for a while, the right password included, and say for how long", async () => {
    const user = await testApp.newUser();
    const address = newAddress();
    for (let attempt = 0; attempt < 3; attempt += 1) {
      expect((await issue(user.username, "wrong", address)).status).toBe(401);
      testApp.clock.now += 60_000;
    }
    const blocked = await issue(user.username.toUpperCase(), user.password, address);
    expect([blocked.status, blocked.body.code]).toEqual([429, "rate_limited"]);
    expect(blocked.headers["retry-after"]).toBe("420");
    expect((await issue(user.username, user.password)).status).toBe(201);
    testApp.clock.now += 420_000;
    expect((await issue(user.username, user.password, address)).status).toBe(201);
  });

  test("block an unknown name exactly like a known one", async () => {
    const user = await testApp.newUser();
    const answersFor = async (name: string) => {
      const statuses: unknown[] = [];
      const address = newAddress();
      for (let attempt = 0; attempt < 4; attempt += 1) {
        const { status, body, headers } = await issue(name, "wrong", address);
        statuses.push([status, body.code, body.message, headers["retry-after"]]);
      }
      return statuses;
    };
    expect(await answersFor(`x${randomUUID().slice(0, 8)}`)).toEqual(
      await answersFor(user.username),
    );
  });

  test("block their address for every account, and no other address", async () => {
    const user = await testApp.newUser();
    for (let attempt = 0; attempt < 5; attempt += 1) {
      expect((await issue(`x${attempt}`, "wrong", "203.0.113.9")).status).toBe(401);
    }
    expect((await issue(user.username, user.password, "203.0.113.9")).status).toBe(429);
    expect((await issue(user.username, user.password, "203.0.113.10")).status).toBe(201);
  });

  test("are counted together for a network of IPv6 addresses", async () => {
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const address = `2001:db8:1:2::${attempt + 1}`;
      expect((await issue(`y${attempt}`, "wrong", address)).status).toBe(401);
    }
    expect((await issue("y", "wrong", "2001:db8:1:2:ffff::1")).status).toBe(429);
    expect((await issue("y", "wrong", "2001:db8:1:3::1")).status).toBe(401);
  });

  test("are counted together for all the networks that one customer has, with more patience", async () => {
    // One from each network, so that it takes sixteen hashes.
    const server = await start(1);
    const user = await server.newUser();
    for (let attempt = 0; attempt < 16; attempt += 1) {
      const address = `2001:db8:9:${attempt.toString(16)}::1`;
      expect((await issue(`z${attempt}`, "wrong", address, server)).status).toBe(401);
    }
    const signIn = (address: string) => issue(user.username, user.password, address, server);
    const refused = await signIn("2001:db8:9:ffff::1");
    expect([refused.status, refused.body.code]).toEqual([429, "rate_limited"]);
    expect((await signIn("2001:db8:a::1")).status).toBe(201);
    await server.close();
  });

  test("are not made by successes", async () => {
    const user = await testApp.newUser();
    for (let attempt = 0; attempt < 6; attempt += 1) {
      expect((await issue(user.username, user.password, "203.0.113.20")).status).toBe(201);
    }
  });

  test("sent all at once get no more guesses than those sent one by one", async () => {
    const user = await testApp.newUser();
    const address = newAddress();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => issue(user.username, "wrong", address)),
    );
    const guessed = answers.filter(({ status }) => status === 401).length;
    // Two passwords are checked at a time: the last two of them may both have been let in.
    expect(guessed).toBeGreaterThanOrEqual(3);
    expect(guessed).toBeLessThanOrEqual(4);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(20 - guessed);
  });

  test("are forgotten once they no longer count, and never hold what was typed", async () => {
    const typed = `typed-${randomUUID()}`;
    await issue(typed, "wrong");
    const read = testApp.deps.database.read.selectFrom("sign_in_failures").selectAll();
    expect(JSON.stringify(await read.execute())).not.toContain(typed);
    testApp.clock.now += 600_000;
    await issue(typed, "wrong");
    expect(await read.execute()).toHaveLength(3);
  });

  test("of the present password limit its change likewise", async () => {
    const user = await testApp.newUser();
    const address = newAddress();
    const change = (old_secret: string) =>
      user.call(
        "PATCH",
        "/users/secret",
        { old_secret, new_secret: "another-password" },
        { "x-forwarded-for": address },
      );
    for (let attempt = 0; attempt < 6; attempt += 1) {
      const wrong = await change("wrong");
      expect([wrong.status, wrong.body.code, wrong.body.field]).toEqual([
        400,
        "invalid_body",
        "old_secret",
      ]);
    }
    expect((await change(user.password)).status).toBe(429);
    expect((await issue(user.username, user.password, address)).status).toBe(429);
    expect((await issue(user.username, user.password)).status).toBe(201);
  });

  if (kind.name === "PostgreSQL") {
    test("are counted by every server on the same database", async () => {
      const second = await startApp(kind, {
        sameDatabaseAs: testApp,
        environment: { TESSERA_SIGN_IN_FAILURES_PER_ACCOUNT: "6" },
      });
      second.clock.now = testApp.clock.now;
      const user = await testApp.newUser();
      for (let attempt = 0; attempt < 3; attempt += 1) {
        await issue(user.username, "wrong", "127.0.0.1");
      }
      const body = { username: user.username, password: user.password };
      expect((await second.nobody.call("POST", "/users/tokens/issue", body)).status).toBe(429);
      await second.close();
    });
  }
});

onEveryDatabase("the log", (kind) => {
  test("holds no password and no token in any line", async () => {
    const testApp = await startApp(kind);
    const user = await testApp.newUser();
    const { access_token, refresh_token } = requireStatus(
      await testApp.bearer(user.refreshToken).call("POST", "/users/tokens/refresh"),
      201,
    );
    const guess = `guess-${randomUUID()}`;
    const next = `next-${randomUUID()}`;
    const caller = testApp.bearer(access_token);
    await caller.call("POST", "/users/tokens/issue", { username: user.email, password: guess });
    await caller.call("PATCH", "/users/secret", { old_secret: guess, new_secret: next });
    await caller.call("PATCH", "/users/secret", { old_secret: user.password, new_secret: next });
    await caller.call("POST", "/users/tokens/issue", `{"username":"a","password":"${guess}`);
    const browser = await testApp.nobody.call(
      "POST",
      "/session",
      { username: user.email, password: next },
      withHeader,
    );
    const cookies = Object.values(cookiesOf(browser.headers)).map(({ value }) => value);
    testApp.clock.now += 60_000;
    await testApp.bearer(user.refreshToken).call("POST", "/users/tokens/refresh");
    const log = testApp.logLines.join("");
    expect(testApp.logLines.length).toBeGreaterThan(5);
    const secrets = [user.password, guess, next, access_token, refresh_token, ...cookies];
    for (const secret of [...secrets, user.accessToken, user.refreshToken]) {
      expect(secret.length).toBeGreaterThan(10);
      expect(log.includes(secret), secret).toBe(false);
    }
    expect(log).not.toMatch(/eyJ|argon2/);
    await testApp.close();
  });
});
