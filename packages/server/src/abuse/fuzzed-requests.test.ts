import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ApiParameter } from "../http/reference/api-parameters.ts";
import type { JsonSchema } from "../http/reference/schema-pool.ts";
import { attackedOn, mightyToken } from "../testing/attack-stage.ts";
import {
  apiDocument,
  type DocumentedOperation,
  documentedOperations,
  requireDocumented,
} from "../testing/documented-replies.ts";
import { onEveryDatabase } from "../testing/on-every-database.ts";
import { buildWorld, type World } from "../testing/operation-world.ts";
import {
  hardlyJson,
  nastyTexts,
  nearlyValid,
  type SchemaSource,
  validFor,
} from "../testing/schema-arbitrary.ts";
import { seed } from "../testing/seed.ts";
import { isSoak } from "../testing/soak.ts";
import {
  type Caller,
  mailSettings,
  requireStatus,
  startApp,
  type TestApp,
} from "../testing/start-app.ts";

const requestsOfOperation = isSoak ? 300 : 20;

onEveryDatabase(`generated requests (seed ${seed})`, (kind) => {
  const tried = attackedOn(kind, documentedOperations, 5);
  let testApp: TestApp;
  const seen = new Map<number, number>();

  beforeAll(async () => {
    testApp = await startApp(kind, {
      environment: { TESSERA_SIGN_IN_FAILURES_PER_ADDRESS: "100000", ...mailSettings },
    });
  });
  afterAll(() => testApp.close());

  test.each(tried.map((operation) => [operation.id, operation] as const))(
    "to %s are answered as it is documented, and never by a failure",
    { timeout: isSoak ? 3_600_000 : 240_000 },
    async (_, operation) => {
      const world = await buildWorld(testApp);
      const callers = await callersIn(testApp, world);
      await fc.assert(
        fc.asyncProperty(requestTo(operation, world), async (request) => {
          const { path, body, headers } = request;
          const caller = callers[request.caller] ?? testApp.nobody;
          const answer = await caller.call(operation.method, path, body, headers);
          const told = `${operation.method} ${path.slice(0, 300)}: ${answer.failure ?? ""}`;
          expect(answer.status, told).toBeLessThan(500);
          requireDocumented(operation, answer);
          seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1);
        }),
        { seed, numRuns: requestsOfOperation },
      );
    },
  );

  test("were done, refused and found bad, each many a time", () => {
    const count = (from: number, to: number) =>
      [...seen].reduce((sum, [status, n]) => (status >= from && status < to ? sum + n : sum), 0);
    expect(count(200, 300)).toBeGreaterThan(tried.length);
    expect(count(400, 401)).toBeGreaterThan(tried.length);
    expect(count(401, 404)).toBeGreaterThan(tried.length);
    expect(testApp.logLines.filter((line) => line.startsWith('{"level":50'))).toEqual([]);
  });
});

async function callersIn(
  testApp: TestApp,
  world: World,
): Promise<Readonly<Record<string, Caller>>> {
  const admin = await testApp.newUser();
  const role = { role: "admin" };
  requireStatus(await testApp.admin.call("PATCH", `/users/${admin.id}/role`, role), 200);
  const { owner, domainId, otherDomainId } = world;
  return {
    nobody: testApp.nobody,
    session: owner,
    admin,
    token: await mightyToken({ testApp }, owner, [domainId, otherDomainId]),
  };
}

const types = ["application/json", "application/json; charset=utf-16", "text/plain", "", "*/*"];
const oddHeaders = fc.constantFrom<Readonly<Record<string, string>>>(
  ...types.map((type) => ({ "content-type": type })),
  { accept: "text/html" },
  { "accept-encoding": "br;q=1e9, *;q=-1" },
  { "content-encoding": "gzip" },
  { "x-tessera-csrf": "1", cookie: "tessera_access=x; tessera_refresh=\x7f; ;;=" },
  { "x-request-id": "x".repeat(3_000) },
  { "if-none-match": "*", "if-match": '"x"', range: "bytes=0-1" },
  { "sec-fetch-site": "cross-site", origin: "null" },
  { "x-forwarded-for": "999.999.999.999, ::::", "x-forwarded-proto": "javascript" },
  { "user-agent": "\u00e9\u00ff".repeat(500) },
  { host: "" },
);

function requestTo({ method, path }: DocumentedOperation, world: World) {
  const described = apiDocument.paths[path]?.[method.toLowerCase()];
  const parameters = (described?.parameters ?? []).map((parameter) =>
    "$ref" in parameter ? shared("parameters", parameter.$ref) : parameter,
  ) as readonly ApiParameter[];
  const schema = described?.requestBody?.content["application/json"]?.schema as JsonSchema;
  const source: SchemaSource = {
    ids: idsOf(world),
    resolve: (reference) => shared("schemas", reference) as JsonSchema,
  };
  const valid = schema === undefined ? undefined : validFor(schema, source);
  const oddText = fc.constantFrom(...nastyTexts.filter((text) => text.isWellFormed()));
  const inPath = fc.record(
    Object.fromEntries(
      [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => [
        name,
        fc.oneof(
          { weight: 20, arbitrary: fc.constantFrom(...idsFor(name, path, world)) },
          { weight: 2, arbitrary: fc.constantFrom(...idsOf(world)) },
          fc.uuid(),
          oddText
            .filter((text) => text.trim() !== "" && !/^\.+/.test(text))
            .map(encodeURIComponent),
        ),
      ]),
    ),
  );
  const inQuery = fc.array(
    fc.oneof(
      ...parameters
        .filter((parameter) => parameter.in === "query")
        .map((parameter) =>
          fc.tuple(
            fc.constant(parameter.name),
            fc.oneof({ weight: 3, arbitrary: parameterValue(parameter, source) }, oddText),
          ),
        ),
      fc.tuple(fc.constantFrom("__proto__", "limit[]", "limit", "x", ""), oddText),
    ),
    { maxLength: 3 },
  );
  const body =
    valid === undefined
      ? fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, fc.jsonValue())
      : fc.oneof(
          { weight: 4, arbitrary: valid },
          { weight: 4, arbitrary: nearlyValid(valid) },
          fc.jsonValue(),
          hardlyJson(valid),
        );
  return fc.record({
    caller: fc.oneof(
      { weight: 4, arbitrary: fc.constant("session") },
      fc.constantFrom("admin", "token", "token", "nobody"),
    ),
    path: fc
      .tuple(inPath, inQuery)
      .map(
        ([values, query]) =>
          path.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(values[name])) +
          queryText(query),
      ),
    body: method === "GET" ? fc.constant(undefined) : body,
    headers: fc.oneof({ weight: 4, arbitrary: fc.constant({}) }, oddHeaders),
  });
}

function parameterValue(
  { schema, content }: ApiParameter,
  source: SchemaSource,
): fc.Arbitrary<string> {
  return schema === undefined
    ? validFor(content?.["application/json"].schema ?? {}, source).map((value) =>
        JSON.stringify(value),
      )
    : validFor(schema, source).map(String);
}

function queryText(query: readonly (readonly [string, string])[]): string {
  if (query.length === 0) return "";
  const part = (text: string) => encodeURIComponent(text.toWellFormed());
  return `?${query.map(([key, value]) => `${part(key)}=${part(value)}`).join("&")}`;
}

/** What the parameter of that name means in the world. */
function idsFor(name: string, path: string, world: World): readonly string[] {
  const { domainId, otherDomainId, client, connectedClient, channel, connectedChannel } = world;
  const { parent, group, childGroup, owner, invited, invitable, roleId } = world;
  switch (name) {
    case "domainId":
      return [domainId, domainId, otherDomainId];
    case "userId":
      return [owner.id, invited.id, invitable.id];
    case "roleId":
      return [roleId];
    case "id":
      return path.includes("clients")
        ? [client, connectedClient]
        : path.includes("channels")
          ? [channel, connectedChannel]
          : [parent, group, childGroup];
    default:
      return idsOf(world);
  }
}

function idsOf({ owner, invited, invitable, ...ids }: World): readonly string[] {
  return [...Object.values(ids), ...[owner, invited, invitable].map(({ id }) => id)];
}

function shared(kind: "schemas" | "parameters", reference: string): unknown {
  return apiDocument.components[kind][reference.split("/").at(-1) ?? ""];
}
