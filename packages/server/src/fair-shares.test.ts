import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { onEveryDatabase } from "./testing/on-every-database.ts";
import { requireStatus, startApp, type TestApp, type TestUser } from "./testing/start-app.ts";

const minute = 60_000;

onEveryDatabase("fair shares", (kind) => {
  let server: TestApp;
  let ada: TestUser;
  let domainId: string;
  /** What lists wait for, once they have begun. */
  let gate: Promise<void> = Promise.resolve();
  let begun = 0;

  beforeAll(async () => {
    server = await startApp(kind, {
      configure: (app) => {
        app.addHook("onSend", async (request, reply, payload) => {
          const isList = request.routeOptions.config.endpoint?.id === "clients.list";
          if (!isList || reply.statusCode !== 200) return payload;
          begun += 1;
          await gate;
          return payload;
        });
      },
      environment: {
        TESSERA_CHANGES_PER_MINUTE: "6",
        TESSERA_LISTS_PER_MINUTE: "4",
        TESSERA_LISTS_AT_ONCE: "2",
      },
    });
  });
  beforeEach(async () => {
    server.clock.now += minute;
    ada = await server.newUser();
    domainId = await server.newDomain(ada);
  });
  afterAll(() => server.close());

  const make = (name: string) => ada.call("POST", `/${domainId}/clients`, { name });
  const list = (caller = ada as { call: TestUser["call"] }) =>
    caller.call("GET", `/${domainId}/clients`);

  test("a user makes so many changes a minute with session and tokens together, and no more", async () => {
    const token = await server.newToken(ada, domainId, ["domains:create_clients"]);
    for (const name of ["a", "b"]) requireStatus(await make(name), 201);
    for (const name of ["c", "d"]) {
      requireStatus(await token.call("POST", `/${domainId}/clients`, { name }), 201);
    }
    for (const refused of [
      await make("e"),
      await token.call("POST", `/${domainId}/clients`, { name: "e" }),
    ]) {
      expect([refused.status, refused.body.code]).toEqual([429, "rate_limited"]);
      expect(refused.headers["retry-after"]).toBe("10");
      expect(refused.body.message).toContain("6 changes a minute");
    }
    expect((await list()).body.total).toBe(4);
    server.clock.now += minute / 6;
    requireStatus(await make("e"), 201);
    expect((await make("f")).status).toBe(429);
    expect((await list()).body.total).toBe(5);
  });

  test("what is refused for the domains that a token names is counted like what is done", async () => {
    const stranger = await server.newUser();
    const elsewhere = await server.newDomain(stranger);
    const token = await server.newToken(ada, elsewhere, ["domains:create"]);
    const statuses = [];
    for (let count = 0; count < 8; count += 1) {
      const answer = await token.call("POST", "/domains", { name: "x", route: `r${count}` });
      statuses.push(answer.status);
    }
    expect(new Set(statuses)).toEqual(new Set([403, 429]));
    expect(statuses.at(-1)).toBe(429);
  });

  test("one user's changes leave another user's share whole", async () => {
    for (const name of ["a", "b", "c", "d", "e"]) requireStatus(await make(name), 201);
    expect((await make("f")).status).toBe(429);
    const bob = await server.newUser();
    await server.newDomain(bob);
  });

  test("a user makes so many lists a minute, and so many at a time", async () => {
    const open = Promise.withResolvers<void>();
    gate = open.promise;
    begun = 0;
    const running = [list(), list()];
    await expect.poll(() => begun).toBe(2);
    const beyond = await list();
    expect([beyond.status, beyond.body.code]).toEqual([429, "rate_limited"]);
    expect(beyond.body.message).toContain("2 lists at a time");
    expect(begun).toBe(2);
    open.resolve();
    for (const response of await Promise.all(running)) requireStatus(response, 200);
    for (let times = 0; times < 2; times += 1) requireStatus(await list(), 200);
    const refused = await list();
    expect([refused.status, refused.headers["retry-after"]]).toEqual([429, "15"]);
    expect(refused.body.message).toContain("4 lists a minute");
  });

  test("views by key and decisions are answered however much was asked before", async () => {
    const { id } = requireStatus(await make("pump"), 201);
    const question = {
      domain_id: domainId,
      entity_type: "clients",
      entity_id: id,
      operation: "view",
    };
    for (let times = 0; times < 20; times += 1) {
      requireStatus(await ada.call("GET", `/${domainId}/clients/${id}`), 200);
      const decided = await ada.call("POST", "/authorize", question);
      expect(requireStatus(decided, 200).allowed).toBe(true);
    }
  });
});

onEveryDatabase("views of objects with much metadata", (kind) => {
  test("are limited for each user, whose decisions, and others' views, are answered all the same", async () => {
    const server = await startApp(kind);
    const ada = await server.newUser();
    const domainId = await server.newDomain(ada);
    const make = async (body: object) =>
      requireStatus(await ada.call("POST", `/${domainId}/clients`, body), 201).id;
    const text = "a".repeat(65_000);
    const large = await make({ metadata: { text }, private_metadata: { text } });
    const small = await make({});
    const view = (id: string, by: Pick<TestUser, "call"> = ada) =>
      by.call("GET", `/${domainId}/clients/${id}`);
    for (let times = 0; times < 600; times += 1) requireStatus(await view(small), 200);
    let views = 0;
    while ((await view(large)).status === 200 && views < 1000) views += 1;
    // Of the 516 of a minute an eighth at once.
    expect(views).toBeGreaterThan(60);
    expect(views).toBeLessThan(70);
    const refused = await view(small);
    expect([refused.status, refused.body.code]).toEqual([429, "rate_limited"]);
    expect(refused.body.message).toContain("large views of 65536 KiB");
    const question = {
      domain_id: domainId,
      entity_type: "clients",
      entity_id: large,
      operation: "view",
    };
    expect(requireStatus(await ada.call("POST", "/authorize", question), 200).allowed).toBe(true);
    requireStatus(await view(large, server.admin), 200);
    server.clock.now += minute;
    requireStatus(await view(large), 200);
    await server.close();
  });
});

onEveryDatabase("credentials that are guessed", (kind) => {
  let server: TestApp;
  let ada: TestUser;
  const waits: number[] = [];
  let release = () => {};
  let held: Promise<void> = Promise.resolve();

  beforeAll(async () => {
    server = await startApp(kind, {
      environment: {
        TESSERA_TRUSTED_PROXIES: "127.0.0.1",
        TESSERA_BAD_CREDENTIALS_PER_MINUTE: "5",
        TESSERA_METRICS_TOKEN: "the-token-that-reads-the-figures",
      },
      build: {
        wait: async (milliseconds) => {
          waits.push(milliseconds);
          await held;
        },
      },
    });
    ada = await server.newUser();
  });
  beforeEach(() => {
    server.clock.now += minute;
    waits.length = 0;
    held = Promise.resolve();
  });
  afterAll(() => server.close());

  const guess = async () => (await server.bearer("guess").call("GET", "/users/profile")).status;

  test("are refused ever later after so many from one network, but never later than a second", async () => {
    for (let times = 0; times < 5; times += 1) expect(await guess()).toBe(401);
    expect(waits).toEqual([]);
    for (let times = 0; times < 3; times += 1) expect(await guess()).toBe(401);
    expect(waits).toEqual([10, 20, 30]);
    for (let times = 0; times < 200; times += 1) await guess();
    expect(Math.max(...waits)).toBe(1_000);
    server.clock.now += minute;
    waits.length = 0;
    expect([await guess(), waits]).toEqual([401, []]);
  });

  test.for(["/seen-request", "/metrics"])(
    "wait likewise where %s asks for a secret of the operator's",
    async (path) => {
      const ask = async () => (await server.bearer(`1.${"0".repeat(64)}`).call("GET", path)).status;
      for (let times = 0; times < 8; times += 1) expect(await ask()).toBe(401);
      expect(waits).toEqual([10, 20, 30]);
      expect(await guess()).toBe(401);
      expect(waits).toEqual([10, 20, 30, 40]);
    },
  );

  test("wait, too, when they come from ever other networks of one customer", async () => {
    const guessFrom = async (address: string) => {
      const headers = { "x-forwarded-for": address };
      const guessed = server.bearer("guess").call("GET", "/users/profile", undefined, headers);
      return (await guessed).status;
    };
    for (let index = 0; index < 80; index += 1) {
      expect(await guessFrom(`2001:db8:1:${index.toString(16)}::1`)).toBe(401);
    }
    expect(waits).toEqual([]);
    expect(await guessFrom("2001:db8:1:ffff::1")).toBe(401);
    expect(waits).toEqual([10]);
    expect(await guessFrom("2001:db8:2:ffff::1")).toBe(401);
    expect(waits).toEqual([10]);
  });

  test("hold back no valid credential of the same network", async () => {
    ({ promise: held, resolve: release } = Promise.withResolvers<void>());
    const domainId = await server.newDomain(ada);
    const token = await server.newToken(ada, domainId, ["domains:read"]);
    const guesses = Array.from({ length: 50 }, guess);
    requireStatus(await token.call("GET", `/domains/${domainId}`), 200);
    requireStatus(await token.call("GET", `/domains/${domainId}`), 200);
    requireStatus(await ada.call("GET", "/users/profile"), 200);
    release();
    expect(new Set(await Promise.all(guesses))).toEqual(new Set([401]));
    expect(waits).toHaveLength(45);
  });

  test("are answered 429 at once when too many wait already", async () => {
    ({ promise: held, resolve: release } = Promise.withResolvers<void>());
    const guesses = Array.from({ length: 310 }, guess);
    await expect.poll(() => waits.length).toBe(300);
    const refused = await server.bearer("guess").call("GET", "/users/profile");
    expect([refused.status, refused.body.code]).toEqual([429, "rate_limited"]);
    expect(refused.headers["retry-after"]).toBe("1");
    release();
    const statuses = await Promise.all(guesses);
    expect(statuses.filter((status) => status === 401)).toHaveLength(305);
    expect(statuses.filter((status) => status === 429)).toHaveLength(5);
  });
});
