import { setImmediate as nextTurn } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { onEveryDatabase } from "./testing/on-every-database.ts";
import { requireStatus, startApp, type TestApp, type TestUser } from "./testing/start-app.ts";

const minute = 60_000;
const otherNetwork = { "x-forwarded-for": "192.0.2.9" };

onEveryDatabase("requests about sessions without end", (kind) => {
  let server: TestApp;
  let ada: TestUser;
  let transactions = 0;
  let held: Promise<void> | undefined;
  /** The numbers of transactions in the order in which their work began first. */
  const begun = new Set<number>();

  beforeAll(async () => {
    server = await startApp(kind, {
      passwords: "dear",
      environment: {
        TESSERA_CHANGES_PER_MINUTE: "3",
        TESSERA_BAD_CREDENTIALS_PER_MINUTE: "4",
        TESSERA_TRUSTED_PROXIES: "127.0.0.1",
      },
      aroundHub: (hub) => ({
        ...hub,
        change: (actor, work) => {
          transactions += 1;
          const number = transactions;
          return hub.change(actor, async (change) => {
            begun.add(number);
            await held;
            return work(change);
          });
        },
      }),
    });
  });
  beforeEach(async () => {
    server.clock.now += minute;
    ada = await server.newUser();
    transactions = 0;
  });
  afterAll(() => server.close());

  const refresh = (token: string, headers = {}) =>
    server.bearer(token).call("POST", "/users/tokens/refresh", undefined, headers);
  const withCookies = (
    method: string,
    path: string,
    user: Partial<Pick<TestUser, "accessToken" | "refreshToken">>,
    headers = {},
  ) => {
    const pairs = [
      ["tessera_access", user.accessToken],
      ["tessera_refresh", user.refreshToken],
    ].flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
    const cookie = pairs.join("; ");
    return server.nobody.call(method, path, undefined, {
      cookie,
      "x-tessera-csrf": "1",
      ...headers,
    });
  };
  const signOut = (user: Parameters<typeof withCookies>[2], headers = {}) =>
    withCookies("DELETE", "/session", user, headers);
  const sessionOf = (user: TestUser) =>
    server.deps.database.read
      .selectFrom("sessions")
      .select(["ended_at", "refresh_generation"])
      .where("user_id", "=", user.id)
      .executeTakeFirstOrThrow();

  test("a user's sessions are refreshed so many times a minute, and no more", async () => {
    let { refreshToken } = ada;
    for (let times = 0; times < 3; times += 1) {
      refreshToken = requireStatus(await refresh(refreshToken), 201).refresh_token;
    }
    const before = await sessionOf(ada);
    for (const refused of [
      await refresh(refreshToken),
      await withCookies("POST", "/session/refresh", { refreshToken }),
    ]) {
      expect([refused.status, refused.body.code]).toEqual([429, "rate_limited"]);
      expect(refused.headers["retry-after"]).toBe("20");
      expect(refused.headers["set-cookie"]).toBeUndefined();
    }
    expect([await sessionOf(ada), transactions]).toEqual([before, 3]);
    const bob = await server.newUser();
    requireStatus(await refresh(bob.refreshToken), 201);
    server.clock.now += minute / 3;
    requireStatus(await refresh(refreshToken), 201);
  });

  test("all sessions of a user together are refreshed four times as often as one, and no more", async () => {
    const statuses: number[] = [];
    for (let sessions = 0; sessions < 5; sessions += 1) {
      let { refreshToken } = await server.signIn(ada.username, ada.password);
      for (let times = 0; times < 3; times += 1) {
        const answer = await refresh(refreshToken);
        statuses.push(answer.status);
        if (answer.status === 201) refreshToken = answer.body.refresh_token;
      }
    }
    expect(statuses).toEqual([...Array(12).fill(201), ...Array(3).fill(429)]);
    requireStatus(await refresh((await server.newUser()).refreshToken), 201);
  });

  // Whether the other one stands in the line already is not seen, and on a busy machine not sure.
  test("a user who refreshes very often at once keeps nobody else waiting for a turn", {
    retry: 4,
  }, async () => {
    const bob = await server.newUser();
    const sessions = [ada];
    while (sessions.length < 4) sessions.push(await server.signIn(ada.username, ada.password));
    const gate = Promise.withResolvers<void>();
    held = gate.promise;
    transactions = 0;
    begun.clear();
    const all = sessions.flatMap(({ refreshToken }) =>
      Array.from({ length: 3 }, () => refresh(refreshToken)),
    );
    await expect.poll(() => transactions).toBe(12);
    all.push(refresh(bob.refreshToken));
    await expect.poll(() => transactions).toBe(13);
    for (let turns = 0; turns < 100; turns += 1) await nextTurn();
    held = undefined;
    gate.resolve();
    await Promise.all(all);
    // Where seven are made side by side, all but five have begun before.
    expect([...begun].indexOf(13)).toBeLessThan(10);
  });

  test("signing out with two cookies of one session opens one transaction, and signing out again none", async () => {
    expect((await signOut(ada)).status).toBe(204);
    expect((await sessionOf(ada)).ended_at).toBe(server.clock.now);
    expect(transactions).toBe(1);
    expect((await signOut(ada)).status).toBe(204);
    expect(transactions).toBe(1);
  });

  test("signing out many times at once opens no more transactions than a session's share", async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => signOut(ada)));
    expect(transactions).toBeLessThanOrEqual(3);
    // Which of them comes first is not said.
    expect(answers.map(({ status }) => status)).toContain(204);
    for (const { status, headers } of answers) {
      expect([204, 429]).toContain(status);
      if (status === 429) expect(headers["set-cookie"]).toBeUndefined();
    }
    expect((await sessionOf(ada)).ended_at).toBe(server.clock.now);
  });

  test("a session that has ended or is unknown opens no transaction, and counts against its network", async () => {
    const stranger = await server.newUser();
    await server.deps.database.inTransaction((trx) =>
      trx.deleteFrom("sessions").where("user_id", "=", stranger.id).execute(),
    );
    requireStatus(await signOut(ada), 204);
    transactions = 0;
    for (const user of [ada, stranger, ada, stranger]) {
      expect((await refresh(user.refreshToken)).status).toBe(401);
    }
    for (const refused of [await refresh(ada.refreshToken), await signOut(stranger)]) {
      expect([refused.status, refused.body.code]).toEqual([429, "rate_limited"]);
    }
    expect((await refresh(ada.refreshToken, otherNetwork)).status).toBe(401);
    expect(transactions).toBe(0);
  });

  test("what was not signed here counts against its network, which still refreshes and ends what is good", async () => {
    const garbage = { accessToken: "x", refreshToken: "y.z.w" };
    for (let times = 0; times < 2; times += 1) requireStatus(await signOut(garbage), 204);
    expect((await signOut(garbage)).status).toBe(429);
    expect((await refresh("y.z.w")).status).toBe(429);
    requireStatus(await signOut(garbage, otherNetwork), 204);
    expect(transactions).toBe(0);
    requireStatus(await refresh(ada.refreshToken), 201);
    requireStatus(await signOut({ accessToken: ada.accessToken }), 204);
    expect((await sessionOf(ada)).ended_at).toBe(server.clock.now);
  });

  test("signing out ends the session of a user who is disabled", async () => {
    await server.deps.database.inTransaction((trx) =>
      trx.updateTable("users").set({ status: "disabled" }).where("id", "=", ada.id).execute(),
    );
    requireStatus(await signOut(ada), 204);
    expect((await sessionOf(ada)).ended_at).toBe(server.clock.now);
  });
});
