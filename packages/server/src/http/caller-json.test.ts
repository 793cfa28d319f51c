import { gzipSync } from "node:zlib";
import {
  accountEndpoints,
  bodyLimitBytes,
  createCatalogue,
  type Endpoint,
} from "@tessera/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { onEveryDatabase } from "../testing/on-every-database.ts";
import { startApp, type TestApp } from "../testing/start-app.ts";

const endpoints: readonly Endpoint[] = [...createCatalogue().endpoints(), ...accountEndpoints];
const limits = new Map(endpoints.map((endpoint) => [endpoint.id, bodyLimitBytes(endpoint)]));

onEveryDatabase("JSON of callers", (kind) => {
  let testApp: TestApp;
  let domainId: string;
  beforeAll(async () => {
    testApp = await startApp(kind);
    domainId = await testApp.newDomain(testApp.admin);
  });
  afterAll(() => testApp.close());

  const send = (method: string, path: string, body?: string) =>
    testApp.admin.call(method, path, body);
  const metadataOf = async () => (await send("GET", `/domains/${domainId}`)).body.metadata;

  test("from strangers may be little, and from others what the rows can hold", async () => {
    expect(limits.get("sessions.issue")).toBe(16 * 1024);
    expect(limits.get("domains.update")).toBe(256 * 1024);
    expect(limits.get("tokens.add_scopes")).toBe(1024 * 1024);
    const large = { a: "x".repeat(65_000) };
    const person = {
      first_name: "Grace",
      last_name: "Hopper",
      email: "grace@example.test",
      credentials: { username: "grace", secret: "a-good-password" },
      tags: Array.from({ length: 100 }, (_, index) => `${index}${"t".repeat(200)}`),
      metadata: large,
      private_metadata: large,
    };
    const registered = await testApp.nobody.call("POST", "/users", person);
    expect(registered.status).toBe(201);
    const scopes = Array.from({ length: 1000 }, () => ({
      domain_id: domainId,
      entity_type: "clients",
      entity_id: domainId,
      operation: "set_parent_group",
    }));
    expect((await testApp.admin.call("POST", "/authorize", scopes)).status).toBe(200);
  });

  test("that is compressed, or is said to be, is refused by the header's name", async () => {
    const path = `/domains/${domainId}`;
    const text = '{"metadata":{"packed":true}}';
    const before = (await send("GET", path)).body;
    const patch = (payload: string | Buffer, encoding: string) =>
      testApp.app.inject({
        method: "PATCH",
        url: path,
        headers: {
          authorization: testApp.admin.authorization,
          "content-type": "application/json",
          "content-encoding": encoding,
        },
        payload,
      });
    for (const [payload, encoding] of [
      [gzipSync(text), "gzip"],
      [text, "gzip"],
      [text, "br"],
      [text, "identity, gzip"],
    ] as const) {
      const refused = await patch(payload, encoding);
      expect(refused.statusCode, encoding).toBe(415);
      expect(refused.json().code).toBe("unsupported_media_type");
      expect(refused.json().message).toContain("Content-Encoding");
    }
    expect((await send("GET", path)).body).toEqual(before);
    expect((await patch(text, "Identity")).statusCode).toBe(200);
    expect(await metadataOf()).toEqual({ packed: true });
  });

  test("nested deeper than 64 levels is refused, and brackets in a text are none", async () => {
    const body = (levels: number) =>
      `{"metadata":{"a":${"[".repeat(levels - 2)}${"]".repeat(levels - 2)},"text":"${'[\\"{'.repeat(100)}"}}`;
    const path = `/domains/${domainId}`;
    expect((await send("PATCH", path, body(64))).status).toBe(200);
    const refused = await send("PATCH", path, body(65));
    expect([refused.status, refused.body.code]).toEqual([400, "invalid_body"]);
    expect(refused.body.message).toContain("64 levels");
  });

  test.each(['"__proto__":{"a":1}', '"__proto__":null', '"constructor":{"prototype":{}}'])(
    "with the member %s is refused with its path, in bodies and in queries",
    async (member) => {
      const name = /\w+/.exec(member)?.[0];
      const path = `/domains/${domainId}`;
      const before = await metadataOf();
      for (const [body, field] of [
        [`{${member}}`, `${name}`],
        [`{"metadata":{${member}}}`, `metadata.${name}`],
        [`{"metadata":{"a":[0,{"b":{${member}}}]}}`, `metadata.a.1.b.${name}`],
      ] as const) {
        const refused = await send("PATCH", path, body);
        expect([refused.status, refused.body.code, refused.body.field]).toEqual([
          400,
          "invalid_body",
          field,
        ]);
      }
      for (const list of ["/domains", "/users", `/${domainId}/clients`, `/${domainId}/groups`]) {
        const value = encodeURIComponent(`{"a":{${member}}}`);
        const refused = await send("GET", `${list}?metadata=${value}`);
        expect([refused.status, refused.body.code, refused.body.field], list).toEqual([
          400,
          "invalid_query",
          `metadata.a.${name}`,
        ]);
      }
      expect((await send("GET", "/domains?__proto__=x")).status).toBe(400);
      expect(await metadataOf()).toEqual(before);
    },
  );

  test("with other names that objects have already is kept as it was sent", async () => {
    const metadata = {
      constructor: 1,
      toString: 2,
      hasOwnProperty: { valueOf: 3 },
      prototype: 4,
    };
    const path = `/domains/${domainId}`;
    const changed = await send("PATCH", path, JSON.stringify({ metadata }));
    expect(changed.body.metadata).toEqual(metadata);
    const found = await send("GET", `/domains?metadata=${encodeURIComponent('{"toString":2}')}`);
    expect(found.body.total).toBe(1);
    const others = await send("GET", `/domains?metadata=${encodeURIComponent('{"valueOf":3}')}`);
    expect(others.body.total).toBe(0);
  });
});
