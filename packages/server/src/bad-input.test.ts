import { connect } from "node:net";
import {
  accountEndpoints,
  bodyLimitBytes,
  createCatalogue,
  type Endpoint,
} from "@tessera/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readEverything } from "./testing/everything-stored.ts";
import { onEveryDatabase, sharedOut } from "./testing/on-every-database.ts";
import { requireStatus, startApp, type TestApp } from "./testing/start-app.ts";

const endpoints: readonly Endpoint[] = [...createCatalogue().endpoints(), ...accountEndpoints];
const withBody = endpoints.filter(({ body }) => body !== undefined);
const withQuery = endpoints.filter(({ query }) => query !== undefined);
const withIds = endpoints.filter(({ path }) => path.includes("/:"));
const someId = "00000000-0000-4000-8000-000000000000";

const malformed = ["", "{", "nonsense", '{"name":}', "\u0000", "[[[", '"', '{"a":1}}', "undefined"];
const deep = `${"[".repeat(5_000)}${"]".repeat(5_000)}`;
const wrongTypes = [
  "null",
  "7",
  '"text"',
  "true",
  "[]",
  "[null]",
  "[[]]",
  deep,
  `{"metadata":${deep}}`,
  '{"__proto__":{"role":"admin"}}',
  '{"constructor":{"prototype":{}}}',
];
/** For every member that some endpoint reads. */
const wrongMembers = [
  null,
  7,
  "",
  " ",
  "\u0000",
  "\ud800",
  true,
  [],
  [null],
  [7],
  {},
  { a: [] },
  "x".repeat(300_000),
];

onEveryDatabase("bad input", (kind) => {
  let testApp: TestApp;
  let domainId: string;
  /** It may make itself a new secret. */
  let ownToken: string;
  let before: string;

  beforeAll(async () => {
    // A use of a token is no change by bad input.
    testApp = await startApp(kind, { environment: { TESSERA_USAGE_FLUSH_INTERVAL: "24h" } });
    domainId = await testApp.newDomain(testApp.admin);
    const made = { name: "self", duration: "24h", self_rotate: true };
    ownToken = requireStatus(await testApp.admin.call("POST", "/pats", made), 201).secret;
    before = await readEverything(testApp.deps.database);
  });
  afterAll(() => testApp.close());

  const pathOf = ({ path }: Endpoint) =>
    path.replace(":domainId", domainId).replaceAll(/:\w+/g, someId);
  const send = async (method: string, path: string, payload?: string, type = "application/json") =>
    testApp.app.inject({
      method: method as "GET",
      url: path,
      headers: {
        authorization: `Bearer ${path.startsWith("/pats/self") ? ownToken : testApp.admin.accessToken}`,
        "x-tessera-csrf": "1",
        ...(payload === undefined ? {} : { "content-type": type }),
      },
      ...(payload === undefined ? {} : { payload }),
    });
  /** A refusal that helps: never a 5xx, and always with words. */
  const expectRefusal = (answer: Awaited<ReturnType<typeof send>>, told: string) => {
    expect(answer.statusCode, `${told}: ${answer.body.slice(0, 300)}`).toBeGreaterThanOrEqual(400);
    expect(answer.statusCode, `${told}: ${answer.body.slice(0, 300)}`).toBeLessThan(500);
    const { message, code } = answer.json() as Record<string, string>;
    expect(message, told).toBeTruthy();
    expect(code, told).toBeTruthy();
  };

  test.each(sharedOut(kind, withBody).map((endpoint) => [endpoint.id, endpoint] as const))(
    "in the body of %s is refused",
    async (_, endpoint) => {
      for (const payload of [...malformed, ...wrongTypes]) {
        const answer = await send(endpoint.method, pathOf(endpoint), payload);
        // A list of nothing but questions is no question; an object may have no member that must be there.
        expectRefusal(answer, `${endpoint.id} ${payload.slice(0, 40)}`);
      }
    },
  );

  test.each(sharedOut(kind, withBody).map((endpoint) => [endpoint.id, endpoint] as const))(
    "in the members of %s never makes it fail",
    async (_, endpoint) => {
      const members = Object.keys(
        (endpoint.body as { shape?: object } | undefined)?.shape ?? { operation: 0, name: 0 },
      );
      for (const value of wrongMembers) {
        const body = Object.fromEntries(members.map((member) => [member, value]));
        const answer = await send(endpoint.method, pathOf(endpoint), JSON.stringify(body));
        expect(
          answer.statusCode,
          `${endpoint.id} ${JSON.stringify(body).slice(0, 200)}: ${answer.body.slice(0, 200)}`,
        ).toBeLessThan(500);
      }
    },
  );

  test.each(sharedOut(kind, withQuery).map((endpoint) => [endpoint.id, endpoint] as const))(
    "in the query of %s is refused with the key's name",
    async (_, endpoint) => {
      const { path, ...properties } = { path: pathOf(endpoint), ...endpoint.query?.shape };
      for (const key of Object.keys(properties)) {
        for (const query of [`${key}=1&${key}=2`, `${key}=%00`, `${key}=a%00b`]) {
          const answer = await send(endpoint.method, `${path}?${query}`);
          expectRefusal(answer, `${endpoint.id} ?${query}`);
          expect(answer.json(), `${endpoint.id} ?${query}`).toMatchObject({ field: key });
        }
        for (const value of [
          "%25",
          "-1",
          "1e9",
          "{",
          "%7B%7D",
          "undefined",
          "'",
          "%F0%9F%92%A5",
          "9".repeat(40),
          "x".repeat(2_000),
        ]) {
          const answer = await send(endpoint.method, `${path}?${key}=${value}`);
          expect(
            answer.statusCode,
            `${endpoint.id} ?${key}=${value}: ${answer.body.slice(0, 200)}`,
          ).toBeLessThan(500);
        }
      }
    },
  );

  test("in the ids of a path is refused with the parameter's name", async () => {
    for (const { id, method, path } of withIds) {
      for (const wrong of [
        "x",
        "undefined",
        someId.toUpperCase().replace("0000", "ABCD"),
        "%00",
        "a%2Fb",
        "..%2F",
        "'",
        "x".repeat(190),
        "x".repeat(5_000),
      ]) {
        const others = (url: string) => url.replaceAll(/:\w+/g, someId);
        const first = others(path.replace(/:\w+/, wrong));
        const second = others(
          path.replace(/(:\w+.*):\w+/, `$1${wrong}`).replace(":domainId", domainId),
        );
        const isOnlyOne = path.split("/:").length === 2;
        for (const url of isOnlyOne ? [first] : [first, second]) {
          const answer = await send(method, url, method === "GET" ? undefined : "{}");
          expectRefusal(answer, `${id} ${url.slice(0, 80)}`);
        }
      }
    }
    const answer = await send("GET", `/${domainId}/clients/x`);
    expect(answer.json()).toMatchObject({ code: "invalid_path", field: "id" });
    // The name of a role may stand for its id.
    const named = await send("GET", `/domains/${domainId}/roles/a%00b`);
    expect(named.json()).toMatchObject({ code: "invalid_path", field: "roleId" });
  });

  test("of another content type, or with too much metadata, is refused as such", async () => {
    expect((await send("POST", "/domains", "name=x", "text/plain")).statusCode).toBe(415);
    for (const type of [
      "text/plain; application/json",
      "application/jsonfoo",
      "a/application/json",
    ]) {
      expect((await send("POST", "/domains", '{"name":"x"}', type)).statusCode, type).toBe(415);
    }
    expect(
      (await send("POST", "/domains", "a=1", "application/x-www-form-urlencoded")).statusCode,
    ).toBe(415);
    const wide = JSON.stringify({
      name: "x",
      route: "wide",
      metadata: { a: "x".repeat(70_000) },
    });
    const refused = await send("POST", "/domains", wide);
    expect(refused.json()).toMatchObject({ field: "metadata" });
  });

  test.each(sharedOut(kind, withBody).map((endpoint) => [endpoint.id, endpoint] as const))(
    "of more bytes than %s reads is refused before it is read, telling how many it reads",
    async (_, endpoint) => {
      const limit = bodyLimitBytes(endpoint);
      const padded = (bytes: number) => "[]".padEnd(bytes, " ");
      const refused = await send(endpoint.method, pathOf(endpoint), padded(limit + 1));
      expect([refused.statusCode, refused.json().code]).toEqual([413, "payload_too_large"]);
      expect(refused.json().message).toContain(`${limit / 1024} KiB`);
      const read = await send(endpoint.method, pathOf(endpoint), padded(limit));
      expect(read.statusCode).not.toBe(413);
    },
  );

  test("with no body but a JSON content type is accepted where none is read", async () => {
    const enabled = await send("POST", `/domains/${domainId}/enable`, "");
    expect(enabled.statusCode).toBe(200);
    expect((await send("GET", `/domains/${domainId}`, "")).statusCode).toBe(200);
  });

  test.each([
    "Bearer",
    "Bearer ",
    "bearer x",
    "Basic YTpi",
    "Bearer  x",
    "Bearer a b",
    "Bearer a, Bearer b",
    "Bearer pat",
    "Bearer pat_",
    "Bearer pat_x_y",
    `Bearer pat_${"x".repeat(22)}_${"y".repeat(49)}`,
    `Bearer ${"x".repeat(10_000)}`,
    "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.",
    "Bearer undefined",
    "Bearer null",
  ])("in the credential %s is nobody", async (authorization) => {
    const answer = await testApp.app.inject({ url: "/domains", headers: { authorization } });
    expect(answer.statusCode).toBe(401);
    expect(answer.headers["www-authenticate"]).toContain("Bearer");
  });

  test("with two Authorization headers is nobody, though both would do", async () => {
    const address = await testApp.app.listen({ port: 0, host: "127.0.0.1" });
    const bearer = `Authorization: Bearer ${testApp.admin.accessToken}\r\n`;
    const request = `GET /domains HTTP/1.1\r\nHost: x\r\n${bearer}${bearer}Connection: close\r\n\r\n`;
    const answer = await new Promise<string>((resolve, reject) => {
      let text = "";
      const socket = connect(Number(new URL(address).port), "127.0.0.1", () =>
        socket.write(request),
      );
      socket.on("data", (data) => {
        text += data.toString();
      });
      socket.on("end", () => resolve(text));
      socket.on("error", reject);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
  });

  test("has left nothing behind", async () => {
    const after = await readEverything(testApp.deps.database);
    expect(withoutAudit(after)).toBe(withoutAudit(before));
    expect(testApp.logLines.filter((line) => line.includes('"level":50'))).toEqual([]);
  });
});

/** Enabling the domain, which is asked for above and changes nothing else, is kept in the trail. */
function withoutAudit(stored: string): string {
  return stored.slice(0, stored.indexOf("audit_events\n"));
}
