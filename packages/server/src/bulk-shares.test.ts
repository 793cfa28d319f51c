import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { onEveryDatabase } from "./testing/on-every-database.ts";
import { requireStatus, startApp, type TestApp, type TestUser } from "./testing/start-app.ts";

const minute = 60_000;
const bodies = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ name: `pump ${index}` }));

onEveryDatabase("creations in bulk", (kind) => {
  let server: TestApp;
  let ada: TestUser;
  let bob: TestUser;
  let domainId: string;
  let underWay = 0;
  let mostUnderWay = 0;

  beforeAll(async () => {
    server = await startApp(kind, {
      environment: { TESSERA_CHANGES_PER_MINUTE: "60", TESSERA_CHANGES_AT_ONCE: "4" },
      aroundHub: (hub) => ({
        ...hub,
        change: async (actor, work) => {
          underWay += 1;
          mostUnderWay = Math.max(mostUnderWay, underWay);
          try {
            return await hub.change(actor, work);
          } finally {
            underWay -= 1;
          }
        },
      }),
    });
  });
  beforeEach(async () => {
    server.clock.now += minute;
    [ada, bob] = [await server.newUser(), await server.newUser()];
    domainId = await server.newDomain(ada);
    mostUnderWay = 0;
  });
  afterAll(() => server.close());

  const makeMany = (count: number) => ada.call("POST", `/${domainId}/clients/bulk`, bodies(count));
  const total = async () => (await ada.call("GET", `/${domainId}/clients`)).body.total;

  test("cost as many changes as they have times fifty objects", async () => {
    const made = [];
    for (let times = 0; times < 9; times += 1) made.push((await makeMany(300)).status);
    expect(made).toEqual(Array(9).fill(200));
    // With the domain 55 of 60; the next is made too, and waited for afterwards.
    requireStatus(await makeMany(300), 200);
    const refused = await makeMany(1);
    expect([refused.status, refused.body.code]).toEqual([429, "rate_limited"]);
    expect(refused.headers["retry-after"]).toBe("2");
    expect((await ada.call("POST", `/${domainId}/clients`, { name: "a" })).status).toBe(429);
    expect(await total()).toBe(3000);
  });

  test("cost no more than one change up to fifty objects, and one where they are refused", async () => {
    for (let times = 0; times < 15; times += 1) requireStatus(await makeMany(1), 200);
    const wrong = [...bodies(999), { name: 5 }];
    for (let times = 0; times < 40; times += 1) {
      const { status } = await ada.call("POST", `/${domainId}/clients/bulk`, wrong);
      expect(status).toBe(400);
    }
    requireStatus(await makeMany(50), 200);
    requireStatus(await makeMany(50), 200);
    expect(await total()).toBe(115);
  });

  test("twenty at once leave another user's reads and changes their answers", async () => {
    const bobsDomain = await server.newDomain(bob);
    mostUnderWay = 0;
    const answers = Array.from({ length: 20 }, () => makeMany(300));
    for (let times = 0; times < 5; times += 1) {
      const made = bob.call("POST", `/${bobsDomain}/clients`, { name: `mine ${times}` });
      requireStatus(await bob.call("GET", `/domains/${bobsDomain}`), 200);
      requireStatus(await bob.call("GET", `/${bobsDomain}/clients`), 200);
      requireStatus(await made, 201);
    }
    const statuses = [];
    for (const { status, body, headers } of await Promise.all(answers)) {
      statuses.push(status);
      if (status === 200) continue;
      expect([status, body.code]).toEqual([429, "rate_limited"]);
      expect(Number(headers["retry-after"])).toBeGreaterThan(0);
    }
    // Four of hers and one of his.
    expect(mostUnderWay).toBeLessThanOrEqual(5);
    const made = statuses.filter((status) => status === 200).length;
    expect(made).toBeGreaterThanOrEqual(4);
    expect(await total()).toBe(300 * made);
    // None is under way any more.
    server.clock.now += 5 * minute;
    for (const answer of await Promise.all([1, 2, 3, 4].map(() => makeMany(1)))) {
      requireStatus(answer, 200);
    }
  });

  test("connecting many to many costs by the pairs that are made", async () => {
    const create = async (type: string, count: number) =>
      requireStatus(await ada.call("POST", `/${domainId}/${type}/bulk`, bodies(count)), 200)[
        type
      ].map(({ id }: { id: string }) => id);
    const channelIds = await create("channels", 60);
    const clientIds = await create("clients", 60);
    const pairs = { channel_ids: channelIds, client_ids: clientIds, types: ["publish"] };
    requireStatus(await ada.call("POST", `/${domainId}/channels/connect`, pairs), 201);
    const refused = await makeMany(1);
    expect([refused.status, refused.body.code]).toEqual([429, "rate_limited"]);
    expect(await total()).toBe(60);
  });

  test("of groups cost by how many groups stand above them", async () => {
    let parent_id: string | undefined;
    for (let level = 0; level < 9; level += 1) {
      const body = { name: "g", ...(parent_id === undefined ? {} : { parent_id }) };
      parent_id = requireStatus(await ada.call("POST", `/${domainId}/groups`, body), 201).id;
    }
    server.clock.now += minute;
    const deep = Array(300).fill({ name: "g", parent_id });
    const make = () => ada.call("POST", `/${domainId}/groups/bulk`, deep);
    // 300 groups and 2,700 places below others are 60 changes.
    requireStatus(await make(), 200);
    const refused = await make();
    expect([refused.status, refused.body.code]).toEqual([429, "rate_limited"]);
    expect((await ada.call("GET", `/${domainId}/groups`)).body.total).toBe(309);
  });

  test("what names many objects is counted by them, also where one of them is refused", async () => {
    const channels = requireStatus(
      await ada.call("POST", `/${domainId}/channels/bulk`, bodies(500)),
      200,
    ).channels.map(({ id }: { id: string }) => id);
    const pairs = {
      channel_ids: [...channels, randomUUID()],
      client_ids: [randomUUID()],
      types: ["publish"],
    };
    const token = await server.newToken(ada, domainId, [
      ...channels.slice(0, 1).map((id: string) => `channels:connect_client:${id}`),
      "clients:connect_to_channel:*",
    ]);
    const connect = () => token.call("POST", `/${domainId}/channels/connect`, pairs);
    const statuses = [];
    for (let times = 0; times < 8; times += 1) statuses.push((await connect()).status);
    expect(statuses.slice(0, 3)).toEqual([403, 403, 403]);
    expect(statuses.at(-1)).toBe(429);
    expect((await connect()).body.message).toContain("large changes");
    requireStatus(await ada.call("GET", `/${domainId}/channels/${channels[0]}`), 200);
  });
});
