import { randomUUID } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { maximumCount } from "@tessera/contract";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { onEveryDatabase } from "./testing/on-every-database.ts";
import { requireStatus, startApp, type TestApp, type TestUser } from "./testing/start-app.ts";

const minute = 60_000;
const tagsOf = (count: number) => Array.from({ length: count }, (_, index) => `t${index}`);

onEveryDatabase("large bodies", (kind) => {
  let server: TestApp;
  let ada: TestUser;
  let domainId: string;

  beforeAll(async () => {
    server = await startApp(kind, {
      environment: { TESSERA_CHANGES_PER_MINUTE: "60", TESSERA_CHANGES_AT_ONCE: "4" },
    });
  });
  beforeEach(async () => {
    server.clock.now += 3 * minute;
    ada = await server.newUser();
    domainId = await server.newDomain(ada);
  });
  afterAll(() => server.close());

  const total = async (type: string) => (await ada.call("GET", `/${domainId}/${type}`)).body.total;
  /** How many turns the thread gives to others before the answer is there. */
  const turnsUntil = async (answer: Promise<unknown>) => {
    let isThere = false;
    let turns = 0;
    const end = answer.finally(() => {
      isThere = true;
    });
    while (!isThere) {
      await setImmediate();
      turns += 1;
    }
    await end;
    return turns;
  };

  test.each(["clients", "channels", "groups"])(
    "%s in bulk have a limited number of tags in all",
    async (type) => {
      const bodies = Array(51).fill({ name: "a", tags: tagsOf(100) });
      const refused = await ada.call("POST", `/${domainId}/${type}/bulk`, bodies);
      expect([refused.status, refused.body.code, refused.body.field]).toEqual([
        400,
        "invalid_body",
        "50.tags",
      ]);
      expect(refused.body.message).toContain(`at most ${maximumCount.tagsOfBulk} tags in all`);
      expect(await total(type)).toBe(0);
    },
  );

  test("a list of a million empty elements is refused before it is read", async () => {
    const token = await server.newToken(ada, domainId, ["clients:view:*"]);
    const text = `[${"{},".repeat(200_000)}{}]`;
    const refusals = [
      await token.call("POST", "/authorize", JSON.parse(text)),
      await ada.call("POST", `/${domainId}/clients/bulk`, JSON.parse(text)),
    ];
    for (const { status, body } of refusals) {
      expect([status, body.code]).toEqual([400, "invalid_body"]);
      expect(body.message).toMatch(/^the body must not have more than (9001|50000) members and/);
    }
    expect(await total("clients")).toBe(0);
  });

  test.each([
    ["members that nobody knows", `{${'"a":0,'.repeat(2500)}"b":0}`],
    ["lists in lists", `{"name":[${"[],".repeat(2500)}[]]}`],
  ])("no body has many more values than its endpoint can read: %s", async (_, text) => {
    const token = await server.newToken(ada, domainId, ["clients:view:*"]);
    for (const [method, path] of [
      ["PATCH", `/pats/${token.id}/name`],
      ["POST", "/users/tokens/issue"],
    ] as const) {
      const { status, body } = await ada.call(method, path, text);
      expect([status, body.code], path).toEqual([400, "invalid_body"]);
      expect(body.message, path).toMatch(/not have more than \d{4} members and elements/);
    }
  });

  test("members that nobody knows are few, or the object that has them is named and nothing is made", async () => {
    const token = await server.newToken(ada, domainId, ["clients:view:*"]);
    const unknown = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`u${index}`, index]));
    const bodies = [
      { name: "a", ...unknown(100) },
      { name: "b", ...unknown(101) },
    ];
    const question = { domain_id: domainId, entity_type: "clients", entity_id: randomUUID() };
    const refusals = [
      [await ada.call("POST", `/${domainId}/clients/bulk`, bodies), "1"],
      [await ada.call("POST", `/${domainId}/clients`, bodies[1]), undefined],
      [
        await token.call("POST", "/authorize", [
          { ...question, operation: "view", ...unknown(101) },
        ]),
        "0",
      ],
      [await ada.call("POST", "/pats", { name: "t", scopes: [unknown(101)] }), "scopes.0"],
    ] as const;
    for (const [{ status, body }, field] of refusals) {
      expect([status, body.code, body.field]).toEqual([400, "invalid_body", field]);
      expect(body.message).toContain("must not have more than 100 members that nobody knows");
    }
    expect(await total("clients")).toBe(0);
    requireStatus(await ada.call("POST", `/${domainId}/clients/bulk`, bodies.slice(0, 1)), 200);
    expect(await total("clients")).toBe(1);
  });

  test("strangers may send few large bodies, and count by network before they come", async () => {
    const person = (index: number) => ({
      first_name: "a",
      last_name: "b",
      email: `not an address ${index}`,
      credentials: { username: `u${index}`, secret: "a-good-password" },
      metadata: { a: "a".repeat(64_000) },
      private_metadata: { a: "a".repeat(64_000) },
    });
    const statuses: number[] = [];
    while (statuses.length < 40 && statuses.at(-1) !== 429) {
      statuses.push((await server.nobody.call("POST", "/users", person(statuses.length))).status);
    }
    expect(statuses.length).toBeGreaterThan(10);
    expect(statuses.slice(0, -1)).toEqual(Array(statuses.length - 1).fill(400));
    expect(statuses.at(-1)).toBe(429);
    expect((await ada.call("GET", "/users/profile")).status).toBe(200);
  });

  test("a page of a list that weighs too much says how many to ask for", async () => {
    const heavy = Array(16).fill({ name: "a", metadata: { a: "a".repeat(60_000) } });
    for (let times = 0; times < 5; times += 1) {
      server.clock.now += minute;
      requireStatus(await ada.call("POST", `/${domainId}/clients/bulk`, heavy), 200);
    }
    const list = (limit: number) => ada.call("GET", `/${domainId}/clients?limit=${limit}`);
    const { status, body } = await list(80);
    expect([status, body.code, body.field]).toEqual([400, "limit_reached", "limit"]);
    const fewer = Number(/ask for (\d+) at a time/.exec(body.message)?.[1]);
    expect(requireStatus(await list(fewer), 200).clients).toHaveLength(fewer);
  });

  test("no query has more parameters than any endpoint knows", async () => {
    for (const path of ["/health", `/${domainId}/clients`, "/instance"]) {
      const { status, body } = await ada.call("GET", `${path}?${"a=&".repeat(4000)}`);
      expect([status, body.code], path).toEqual([400, "invalid_query"]);
      expect(body.message).toContain("more than 100 parameters");
    }
  });

  test("large bodies are counted before they come, whatever would be in them, and of one token before its owner", async () => {
    const token = await server.newToken(ada, domainId, ["clients:view:*"]);
    const text = `[${"1".repeat(1_000_000)}`;
    const send = (by: { readonly authorization: string | undefined }) =>
      server.app.inject({
        method: "POST",
        url: "/authorize",
        headers: { authorization: by.authorization ?? "", "content-type": "application/json" },
        payload: text,
      });
    const statuses: number[] = [];
    while (statuses.length < 20) statuses.push((await send(token)).statusCode);
    const read = statuses.indexOf(429);
    expect(read).toBeGreaterThan(2);
    expect(statuses.slice(0, read)).toEqual(Array(read).fill(400));
    expect((await send(ada)).statusCode).toBe(400);
    const refused = await send(token);
    expect(refused.json().message).toContain("One token may make large bodies of 32768 KiB");
    expect(Number(refused.headers["retry-after"])).toBeLessThanOrEqual(60);
    server.clock.now += minute / 4;
    expect((await send(token)).statusCode).toBe(400);
  });

  test("however many large bodies one user sends, those of others are read in turn", async () => {
    const bob = await server.newUser();
    const answered: string[] = [];
    const send = async (user: TestUser, name: string) => {
      const metadata = { text: "a".repeat(20_000) };
      const { status } = await user.call("POST", "/authorize", { metadata });
      answered.push(`${name} ${status}`);
    };
    const many = Array.from({ length: 40 }, () => send(ada, "ada"));
    await Promise.all([...many, send(bob, "bob")]);
    expect(answered.filter((each) => each === "ada 400")).toHaveLength(40);
    expect(answered.indexOf("bob 400")).toBeGreaterThanOrEqual(0);
    expect(answered.indexOf("bob 400")).toBeLessThan(10);
  });

  test("what takes rights away in a large body has a share of its own, whatever else is announced", async () => {
    const announce = () =>
      server.app.inject({
        method: "POST",
        url: "/authorize",
        headers: {
          authorization: ada.authorization ?? "",
          "content-type": "application/json",
          "content-length": "1000000",
        },
        payload: "[1",
      });
    let announced = 0;
    while ((await announce()).statusCode !== 429 && announced < 40) announced += 1;
    expect(announced).toBeLessThan(40);
    const member_ids = Array.from({ length: 900 }, () => randomUUID());
    const bulk = member_ids.map((name) => ({ name }));
    expect((await ada.call("POST", `/${domainId}/clients/bulk`, bulk)).status).toBe(429);
    requireStatus(await ada.call("DELETE", `/domains/${domainId}/roles`, { member_ids }), 204);
    expect(await total("clients")).toBe(0);
  });

  test("objects in bulk cost by their tags, too", async () => {
    const bodies = Array(30).fill({ name: "a", tags: tagsOf(100) });
    requireStatus(await ada.call("POST", `/${domainId}/channels/bulk`, bodies), 200);
    const refused = await ada.call("POST", `/${domainId}/channels`, { name: "b" });
    expect([refused.status, refused.headers["retry-after"]]).toEqual([429, "3"]);
    expect(await total("channels")).toBe(30);
  });

  test("many rows of one change, and many questions, let others have their turns", async () => {
    const bodies = Array(50).fill({ name: "a", tags: tagsOf(100) });
    const made = ada.call("POST", `/${domainId}/channels/bulk`, bodies);
    expect(await turnsUntil(made)).toBeGreaterThan(49);
    expect(requireStatus(await made, 200).total).toBe(50);
    const answered = ada.call("POST", "/authorize", questions(1000));
    expect(await turnsUntil(answered)).toBeGreaterThan(19);
    expect(requireStatus(await answered, 200)).toHaveLength(1000);
  });

  const questions = (count: number) =>
    Array.from({ length: count }, () => ({
      domain_id: domainId,
      entity_type: "clients",
      entity_id: randomUUID(),
      operation: "view",
    }));

  test("batches of questions have a share of their own; a few, and single ones, are not counted", async () => {
    const ask = (count: number) => ada.call("POST", "/authorize", questions(count));
    for (let times = 0; times < 3; times += 1) {
      expect(requireStatus(await ask(1000), 200)).toHaveLength(1000);
    }
    const refused = await ask(21);
    expect([refused.status, refused.body.code]).toEqual([429, "rate_limited"]);
    expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
    for (let times = 0; times < 70; times += 1) {
      expect(requireStatus(await ask(20), 200)).toHaveLength(20);
    }
    const [single] = questions(1);
    expect(requireStatus(await ada.call("POST", "/authorize", single), 200).allowed).toBe(true);
    requireStatus(await ada.call("POST", `/${domainId}/clients`, { name: "pump" }), 201);
    server.clock.now += minute / 60;
    requireStatus(await ask(21), 200);
    const bob = await server.newUser();
    requireStatus(await bob.call("POST", "/authorize", questions(1000)), 200);
  });
});
