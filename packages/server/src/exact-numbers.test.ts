import { afterAll, beforeAll, expect, test } from "vitest";
import { readEverything } from "./testing/everything-stored.ts";
import { onEveryDatabase } from "./testing/on-every-database.ts";
import { startApp, type TestApp, type TestUser } from "./testing/start-app.ts";

/** As it is sent, and how the same number is written in a reply. */
const exact: readonly (readonly [string, string])[] = [
  ["9007199254740991", "9007199254740991"],
  ["9007199254740994", "9007199254740994"],
  ["-7", "-7"],
  ["1.0", "1"],
  ["-0", "0"],
  ["0.1", "0.1"],
  ["0.30000000000000004", "0.30000000000000004"],
  ["1E2", "100"],
  ["1e-7", "1e-7"],
  ["1.7976931348623157e308", "1.7976931348623157e+308"],
  ["5e-324", "5e-324"],
];
const inexact = [
  "9007199254740993",
  "1e400",
  "-1e400",
  "1e-400",
  "0.1000000000000000055511151231257827",
];

onEveryDatabase("numbers in free JSON", (kind) => {
  let testApp: TestApp;
  let owner: TestUser;
  let domainId: string;
  beforeAll(async () => {
    testApp = await startApp(kind);
    owner = await testApp.newUser();
    domainId = await testApp.newDomain(owner);
  });
  afterAll(() => testApp.close());

  /** Every way for free JSON to come in: method, path, and the body around it. */
  const ways = async () => {
    const make = async (type: string) =>
      (await owner.call("POST", `/${domainId}/${type}`, { name: "x" })).body.id as string;
    const user = (index: number) => ({
      first_name: "Ada",
      last_name: "Byron",
      email: `a${index}-${Math.random()}@example.test`,
      credentials: {
        username: `u${Math.random().toString(36).slice(2, 12)}`,
        secret: "a-good-password",
      },
    });
    const around =
      (member: string, more: object = {}) =>
      (json: string) =>
        `${JSON.stringify({ ...more, [member]: 0 }).slice(0, -2)}${json}}`;
    const client = `/${domainId}/clients/${await make("clients")}`;
    return [
      ["POST", "/users", around("metadata", user(1))],
      ["POST", "/users", around("private_metadata", user(2))],
      ["PATCH", `/users/${owner.id}`, around("metadata")],
      ["PATCH", `/users/${owner.id}`, around("private_metadata")],
      ["PATCH", `/domains/${domainId}`, around("metadata")],
      ["POST", `/${domainId}/clients`, around("metadata")],
      ["POST", `/${domainId}/clients`, around("private_metadata")],
      ["PATCH", client, around("metadata")],
      ["PATCH", client, around("private_metadata")],
      ["POST", `/${domainId}/channels`, around("metadata")],
      ["PATCH", `/${domainId}/channels/${await make("channels")}`, around("metadata")],
      ["POST", `/${domainId}/groups`, around("metadata", { name: "x" })],
      ["PUT", `/${domainId}/groups/${await make("groups")}`, around("metadata")],
    ] as const;
  };
  const send = (method: string, path: string, body: string) =>
    testApp.app.inject({
      method: method as "GET",
      url: path,
      headers: { authorization: owner.authorization ?? "", "content-type": "application/json" },
      payload: body,
    });

  test("come back as the very numbers that were sent", async () => {
    for (const [method, path, around] of await ways()) {
      const list = exact.map(([sent]) => sent).join(",");
      const reply = await send(method, path, around(`{"n":[${list}]}`));
      expect(reply.statusCode, `${method} ${path}`).toBeLessThan(300);
      const told = `${method} ${path} ${reply.body}`;
      if (around("").includes("private_metadata") && path.includes("/clients")) continue;
      expect(reply.body, told).toContain(`"n":[${exact.map(([, shown]) => shown).join(",")}]`);
    }
    const private_ = `/${domainId}/clients/${(await owner.call("POST", `/${domainId}/clients`, '{"private_metadata":{"n":9007199254740994}}')).body.id}`;
    expect((await send("GET", private_, "")).body).toContain('"n":9007199254740994');
  });

  test.each(inexact)(
    "that no reader of doubles has (%s) are refused with their path",
    async (number) => {
      const sent = await ways();
      const before = await readEverything(testApp.deps.database);
      for (const [method, path, around] of sent) {
        const reply = await send(method, path, around(`{"a":[0,1,{"b":${number}}]}`));
        const member = around("").includes("private_metadata") ? "private_metadata" : "metadata";
        expect(reply.json(), `${method} ${path}`).toEqual({
          message: `${member}.a.2.b: ${number} cannot be kept exactly as a number; send it as text`,
          code: "invalid_body",
          field: `${member}.a.2.b`,
          request_id: expect.any(String),
        });
        expect(reply.statusCode).toBe(400);
      }
      const bulk = await send(
        "POST",
        `/${domainId}/clients/bulk`,
        `[{},{"metadata":{"a":${number}}}]`,
      );
      expect([bulk.statusCode, bulk.json().field]).toEqual([400, "1.metadata.a"]);
      expect(await readEverything(testApp.deps.database)).toEqual(before);
    },
  );

  test("of a filter are as exact as those that are stored", async () => {
    const metadata =
      '{"metadata":{"serial":9007199254740992,"ratio":1.0,"text":"9007199254740993"}}';
    const { id } = (await send("POST", `/${domainId}/clients`, metadata)).json();
    const find = (filter: string) =>
      owner.call("GET", `/${domainId}/clients?metadata=${encodeURIComponent(filter)}`);
    for (const filter of [
      '{"serial":9007199254740992}',
      '{"serial":9007199254740992.0}',
      '{"ratio":1}',
      '{"ratio":10e-1}',
      '{"text":"9007199254740993"}',
    ]) {
      expect(
        (await find(filter)).body.clients.map((item: { id: string }) => item.id),
        filter,
      ).toEqual([id]);
    }
    expect((await find('{"serial":9007199254740994}')).body.total).toBe(0);
    const refused = await find('{"serial":9007199254740993}');
    expect([refused.status, refused.body.code, refused.body.field]).toEqual([
      400,
      "invalid_query",
      "metadata.serial",
    ]);
  });

  test("and all else of an object stand once under each name", async () => {
    const before = await readEverything(testApp.deps.database);
    for (const [body, field] of [
      ['{"metadata":{"a":{"b":1,"b":2}}}', "metadata.a.b"],
      ['{"metadata":{"a":1,"\\u0061":1}}', "metadata.a"],
      ['{"name":"a","name":"b"}', "name"],
    ] as const) {
      const refused = await send("POST", `/${domainId}/clients`, body);
      expect([refused.statusCode, refused.json().field]).toEqual([400, field]);
    }
    expect(await readEverything(testApp.deps.database)).toEqual(before);
  });
});
