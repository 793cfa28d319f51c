import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createChangeGate } from "./testing/change-gate.ts";
import { onEveryDatabase } from "./testing/on-every-database.ts";
import { requireStatus, startApp, type TestApp, type TestUser } from "./testing/start-app.ts";

const minute = 60_000;
const perMinute = 60;
const randomIds = (count: number) => Array.from({ length: count }, () => randomUUID());

onEveryDatabase("what takes rights away", (kind) => {
  const gate = createChangeGate();
  let server: TestApp;
  let ada: TestUser;
  let domainId: string;

  beforeAll(async () => {
    server = await startApp(kind, {
      environment: {
        TESSERA_CHANGES_PER_MINUTE: `${perMinute}`,
        TESSERA_CHANGES_AT_ONCE: "4",
      },
      aroundHub: gate.around,
    });
  });
  beforeEach(async () => {
    server.clock.now += 3 * minute;
    ada = await server.newUser();
    domainId = await server.newDomain(ada);
  });
  afterAll(() => server.close());

  type Calling = Pick<TestUser, "call">;
  const make = (by: Calling = ada) => by.call("POST", `/${domainId}/clients`, { name: "pump" });
  const makeUntilRefused = async (by: Calling = ada) => {
    for (let made = 0; made <= perMinute; made += 1) {
      const { status } = await make(by);
      if (status === 429) return made;
    }
    throw new Error("nothing was refused");
  };
  const newConnector = () =>
    server.newToken(ada, domainId, [
      "channels:connect_client:*",
      "clients:connect_to_channel:*",
      "domains:create_clients",
    ]);
  const total = async () => (await ada.call("GET", `/${domainId}/clients`)).body.total;
  const sessionsOf = async (by: Calling) =>
    requireStatus(await by.call("GET", "/users/tokens/refresh-tokens"), 200).refresh_tokens;

  test("goes on when all changes are used up: a new secret is taken back, by its owner and by the token itself", async () => {
    const made = await ada.call("POST", "/pats", {
      name: "ci",
      duration: "24h",
      self_rotate: true,
      scopes: [],
    });
    const { id, secret } = requireStatus(made, 201);
    await makeUntilRefused();
    const rotation = { cutover: "first_use" };
    requireStatus(await server.bearer(secret).call("POST", "/pats/self/rotate", rotation), 201);
    requireStatus(await ada.call("POST", `/pats/${id}/rotate/cancel`), 200);
    expect((await make()).status).toBe(429);
    const { secrets } = requireStatus(await ada.call("GET", `/pats/${id}`), 200);
    expect(secrets.map(({ state }: { state: string }) => state)).toEqual(["discarded", "live"]);
  });

  test("has a limit for all sessions of a user together, which leaves more than one of them without a share", async () => {
    const sessions = [ada];
    while (sessions.length < 6) sessions.push(await server.signIn(ada.username, ada.password));
    const revoke = async (by: Calling) => {
      const { status, body } = await by.call("DELETE", `/pats/${randomUUID()}`);
      return status === 429 ? body.message : status;
    };
    const answers: unknown[] = [];
    for (const session of sessions.slice(0, 5)) {
      for (let count = 0; count < perMinute; count += 1) answers.push(await revoke(session));
    }
    const allowed = 4 * perMinute;
    expect(answers.slice(0, allowed)).toEqual(Array(allowed).fill(404));
    expect(new Set(answers.slice(allowed)).size).toBe(1);
    expect(answers.at(-1)).toContain(`${allowed} changes that take rights away, by all sessions,`);
    server.clock.now += minute;
    expect(await revoke(sessions[5] ?? ada)).toBe(404);
  });

  test("is never refused because of the user's other changes", async () => {
    const [first, second, third] = [
      await newConnector(),
      await newConnector(),
      await newConnector(),
    ];
    const thief = await server.signIn(ada.username, ada.password);
    await makeUntilRefused();
    requireStatus(await ada.call("PATCH", `/pats/${first.id}/secret/revoke`), 204);
    requireStatus(await ada.call("DELETE", `/pats/${second.id}`), 204);
    requireStatus(await ada.call("DELETE", `/pats/${third.id}/scope`), 200);
    for (const token of [first, second]) {
      expect((await token.call("GET", "/users/profile")).status).toBe(401);
    }
    expect((await make(third)).body.code).toBe("rate_limited");
    const stolen = (await sessionsOf(thief)).find((row: { current: boolean }) => row.current);
    requireStatus(await ada.call("POST", "/users/tokens/revoke", { token_id: stolen.id }), 204);
    expect((await thief.call("GET", "/users/profile")).status).toBe(401);
    const secrets = { old_secret: ada.password, new_secret: "another good pass 7" };
    requireStatus(await ada.call("PATCH", "/users/secret", secrets), 200);
    requireStatus(await ada.call("DELETE", "/pats"), 200);
    expect((await ada.call("GET", "/pats?status=all")).body.total).toBe(0);
    expect((await make()).status).toBe(429);
  });

  test("lets a token end itself, however much else is done with it", async () => {
    const [token, other] = [await newConnector(), await newConnector()];
    await makeUntilRefused(token);
    await makeUntilRefused();
    requireStatus(await token.call("DELETE", "/pats/self"), 204);
    expect((await make(token)).body.code).toBe("token_revoked");
    for (let times = 1; times < perMinute; times += 1) {
      requireStatus(await token.call("DELETE", "/pats/self"), 204);
    }
    expect((await token.call("DELETE", "/pats/self")).status).toBe(429);
    requireStatus(await other.call("DELETE", "/pats/self"), 204);
  });

  test("finds room while as many changes as may be are under way", async () => {
    const token = await newConnector();
    gate.close("before");
    const running = [make(), make(), make(), make()];
    await gate.whenHeld(4);
    expect((await make()).body.message).toContain("4 changes at a time");
    requireStatus(await ada.call("PATCH", `/pats/${token.id}/secret/revoke`), 204);
    gate.release();
    for (const made of await Promise.all(running)) requireStatus(made, 201);
    expect(await total()).toBe(4);
  });

  test("has a share of each session, so that a stolen one cannot use it up", async () => {
    const thief = await server.signIn(ada.username, ada.password);
    const token = await newConnector();
    const removeNothing = () => thief.call("DELETE", `/pats/${randomUUID()}`);
    for (let times = 0; times < perMinute; times += 1) await removeNothing();
    const refused = await removeNothing();
    expect([refused.status, refused.body.code]).toEqual([429, "rate_limited"]);
    requireStatus(await make(thief), 201);
    requireStatus(await ada.call("DELETE", `/pats/${token.id}`), 204);
    expect((await token.call("GET", "/users/profile")).status).toBe(401);
  });

  test("costs a token what its other changes cost", async () => {
    const token = await server.newToken(ada, domainId, ["clients:disable:*"]);
    const { id } = requireStatus(await make(), 201);
    const disableNothing = () => token.call("POST", `/${domainId}/clients/${randomUUID()}/disable`);
    for (let times = 0; times < perMinute / 2; times += 1) {
      expect((await disableNothing()).status).toBe(404);
    }
    const refused = await token.call("POST", `/${domainId}/clients/${id}/disable`);
    expect([refused.status, refused.body.code]).toEqual([429, "rate_limited"]);
    expect(requireStatus(await ada.call("GET", `/${domainId}/clients/${id}`), 200).status).toBe(
      "enabled",
    );
  });

  test("is left what it was by one token's changes, as is half of the owner's share", async () => {
    const token = await newConnector();
    expect(await makeUntilRefused(token)).toBe(perMinute / 2);
    const refused = await make(token);
    expect(refused.body.message).toContain(`One token may make ${perMinute / 2} changes a minute`);
    // The domain and the token were changes, too.
    expect(await makeUntilRefused()).toBe(perMinute / 2 - 2);
    expect(await total()).toBe(perMinute - 2);
  });

  test("a refused request counts as one change, however much it asked for", async () => {
    const token = await newConnector();
    const tooMany = {
      channel_ids: randomIds(1000),
      client_ids: randomIds(1000),
      types: ["publish"],
    };
    const refused = await token.call("POST", `/${domainId}/channels/connect`, tooMany);
    expect([refused.status, refused.body.code, refused.body.field]).toEqual([
      400,
      "invalid_body",
      "client_ids",
    ]);
    const unknown = { ...tooMany, channel_ids: randomIds(20) };
    const missing = await token.call("POST", `/${domainId}/channels/connect`, unknown);
    expect([missing.status, missing.body.code]).toEqual([404, "not_found"]);
    expect(await makeUntilRefused(token)).toBe(perMinute / 2 - 2);
    const bulk = await ada.call("POST", `/${domainId}/clients/bulk`, Array(51).fill({ name: "a" }));
    expect([bulk.status, bulk.body.code]).toEqual([429, "rate_limited"]);
    expect(bulk.body.message).toContain("large");
    requireStatus(await make(), 201);
    expect(await total()).toBe(perMinute / 2 - 1);
  });

  test("an id that is named a thousand times costs as much as one that is named once", async () => {
    const token = await newConnector();
    const client = requireStatus(await make(), 201).id;
    const made = await ada.call("POST", `/${domainId}/channels`, { name: "level" });
    const pairs = {
      channel_ids: Array(1000).fill(requireStatus(made, 201).id),
      client_ids: Array(1000).fill(client),
      types: ["publish"],
    };
    requireStatus(await token.call("POST", `/${domainId}/channels/connect`, pairs), 201);
    expect(await makeUntilRefused(token)).toBe(perMinute / 2 - 1);
  });

  test("what a large change cost is waited for a minute at most", async () => {
    const create = async (type: string) => {
      const bodies = Array(100).fill({ name: type });
      const made = await ada.call("POST", `/${domainId}/${type}/bulk`, bodies);
      return requireStatus(made, 200)[type].map(({ id }: { id: string }) => id);
    };
    const pairs = {
      channel_ids: await create("channels"),
      client_ids: await create("clients"),
      types: ["publish"],
    };
    requireStatus(await ada.call("POST", `/${domainId}/channels/connect`, pairs), 201);
    const refused = await make();
    expect([refused.status, refused.headers["retry-after"]]).toEqual([429, "60"]);
    server.clock.now += minute;
    requireStatus(await make(), 201);
    expect(await total()).toBe(101);
  });
});
