import { isOpen } from "@tessera/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type AttackStage,
  allScopes,
  attackedOn,
  everyEndpoint,
  openAttackStage,
  type Prepared,
  prepareAll,
  send,
} from "../testing/attack-stage.ts";
import { onEveryDatabase } from "../testing/on-every-database.ts";
import { type Caller, requireStatus } from "../testing/start-app.ts";

const evil = "evil.example";

/** Other spellings of a path, which some proxies and frameworks take for the same. */
const spellings: Readonly<Record<string, (path: string) => string>> = {
  "two slashes": (path) => `/${path}`,
  "a slash behind": (path) => `${path}/`,
  "a dot": (path) => `/.${path}`,
  "a way out of an open path": (path) => `/health/..${path}`,
  "an encoded way out of an open path": (path) => `/health/%2e%2e${path}`,
  "a way out behind an encoded slash": (path) => `/health%2f..${path}`,
  "a way out of the app's files": (path) => `/assets/..${path}`,
  "a backslash": (path) => path.replaceAll("/", "\\"),
  "an encoded backslash": (path) => `/health%5c..${path}`,
  capitals: (path) => path.toUpperCase(),
  "an encoded letter": (path) =>
    path.replace(/[a-z]/, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
  "a letter encoded twice": (path) =>
    path.replace(/[a-z]/, (letter) => `%25${letter.charCodeAt(0).toString(16)}`),
  "a slash of too many bytes": (path) => `/%c0%af${path.slice(1)}`,
  "a matrix parameter": (path) => `${path};x=/health`,
  "a fragment": (path) => `${path}#/health`,
  "an encoded question mark": (path) => `${path}%3f/health`,
  "a NUL": (path) => `${path}%00`,
  "a line break": (path) => `${path}%0d%0aX: y`,
  "a space": (path) => `${path}%20`,
  "a full stop of another script": (path) => `/health/%ef%bc%8e%ef%bc%8e${path}`,
  "another file's ending": (path) => `${path}.json`,
  "another host": (path) => `http://${evil}${path}`,
  "no scheme": (path) => `//${evil}${path}`,
};

/** Headers by which some proxies tell a server who is there, or what was meant. */
const claims: readonly Readonly<Record<string, string>>[] = [
  { "x-original-url": "/users", "x-rewrite-url": "/users", "x-original-uri": "/users" },
  { "x-http-method-override": "DELETE", "x-method-override": "DELETE", "x-http-method": "DELETE" },
  { "x-forwarded-user": "admin", "remote-user": "admin", "x-remote-user": "admin" },
  { "x-auth-request-email": "admin@example.test", "x-webauth-user": "admin", "x-user-id": "1" },
  { "x-tessera-user": "admin", "x-tessera-admin": "true", "x-tessera-subject": "admin" },
  {
    "x-client-cert": "admin",
    "x-forwarded-client-cert": "Subject=admin",
    "ssl-client-verify": "SUCCESS",
  },
  {
    "proxy-authorization": "Basic YWRtaW46YWRtaW4=",
    "x-api-key": "admin",
    "x-auth-token": "admin",
  },
  { authorization: "Basic YWRtaW46YWRtaW4=" },
  { authorization: "Negotiate YWRtaW4=" },
  { cookie: "tessera_user=admin; session=admin; tessera_access=" },
  { "x-forwarded-for": "127.0.0.1", "x-real-ip": "::1", forwarded: "for=127.0.0.1;proto=https" },
];

const addresses = [
  "10.9.8.7",
  "127.0.0.1, 10.9.8.7",
  "10.9.8.7, 127.0.0.1",
  "[::ffff:10.9.8.7]:80",
];
const addressHeaders = [
  "x-forwarded-for",
  "x-real-ip",
  "x-client-ip",
  "true-client-ip",
  "cf-connecting-ip",
  "x-cluster-client-ip",
  "fastly-client-ip",
  "x-original-forwarded-for",
];
/** Where a request says that it comes from. */
const origins: readonly Readonly<Record<string, string>>[] = [
  ...addresses.map((address) => Object.fromEntries(addressHeaders.map((name) => [name, address]))),
  { forwarded: "for=10.9.8.7" },
  { forwarded: 'for="10.9.8.7:1234";by=127.0.0.1;proto=https' },
];

const guarded = everyEndpoint.filter(({ access }) => !isOpen(access));
const operations = everyEndpoint.filter(({ access }) => access.kind === "operation");
const reads = everyEndpoint.filter(({ method, access }) => method === "GET" && !isOpen(access));

onEveryDatabase("a request", (kind) => {
  const tried = attackedOn(kind, guarded, 4);
  const triedOperations = attackedOn(kind, operations, 3);
  const triedReads = attackedOn(kind, reads, 3);
  let stage: AttackStage;
  let useless: Caller;
  let elsewhere: Caller;
  const requests = new Map<string, Prepared>();

  beforeAll(async () => {
    stage = await openAttackStage(kind);
    const { testApp, world } = stage;
    const rows = new Set([...tried, ...triedOperations, ...triedReads]);
    for (const one of await prepareAll([...rows], world, testApp)) {
      requests.set(one.endpoint.id, one);
    }
    useless = await testApp.newToken(world.owner, world.domainId, []);
    const made = await world.owner.call("POST", "/pats", {
      name: "for one place",
      duration: "24h",
      scopes: allScopes([world.domainId]),
      conditions: { addresses: { allow: ["10.9.8.7"] } },
    });
    elsewhere = testApp.bearer(requireStatus(made, 201).secret);
  });
  afterAll(() => stage.testApp.close());
  const requestOf = (id: string): Prepared => {
    const found = requests.get(id);
    if (found === undefined) throw new Error(`${id} was not prepared`);
    return found;
  };

  test.each(tried.map((endpoint) => [endpoint.id, endpoint] as const))(
    "to %s is refused however its path is spelt, and whatever its headers claim",
    async (id, { access }) => {
      const { testApp } = stage;
      const request = requestOf(id);
      const { headers: _, ...bare } = request;
      // About itself a token may ask without a scope.
      const callers: readonly (readonly [string, Caller])[] =
        access.kind === "token_self"
          ? [["nobody", testApp.nobody]]
          : [
              ["nobody", testApp.nobody],
              ["a token without scopes", useless],
            ];
      const spelt = Object.entries(spellings).flatMap(([told, spell]) =>
        callers.map(([who, caller]) => ({
          told: `${who}, ${told}`,
          send: () => send({ ...bare, path: spell(request.path) }, caller),
        })),
      );
      const claimed = claims.map((headers) => ({
        told: `nobody, ${JSON.stringify(headers)}`,
        send: () => send(bare, testApp.nobody, headers),
      }));
      const answered = await stage.changeNothing([...spelt, ...claimed]);
      for (const { told, answer } of answered) {
        const isForSessions = access.kind !== "operation" && access.kind !== "bearer";
        if (told.startsWith("nobody") || isForSessions) {
          expect(answer.status, told).toBeGreaterThanOrEqual(400);
        }
        expect(JSON.stringify([answer.headers, answer.body]), told).not.toContain(evil);
      }
      for (const { told, answer } of answered.slice(spelt.length)) {
        expect(answer.status, told).toBe(401);
      }
    },
  );

  test.each(triedOperations.map((endpoint) => [endpoint.id, endpoint] as const))(
    "to %s comes from where its connection comes from, whatever it says of its address",
    async (id) => {
      const answered = await stage.changeNothing(
        origins.map((headers) => ({
          told: JSON.stringify(headers),
          send: () => send(requestOf(id), elsewhere, headers),
        })),
      );
      for (const { told, answer } of answered) {
        expect([answer.status, (answer.body as { code?: string }).code], told).toEqual([
          403,
          "condition_address",
        ]);
      }
    },
  );

  test.each(triedReads.map((endpoint) => [endpoint.id, endpoint] as const))(
    "to %s stays one that reads, and its answer names no host that the request names",
    async (id) => {
      const request = requestOf(id);
      const overrides = ["DELETE", "PATCH", "POST"].map((method) => ({
        told: method,
        send: () =>
          send(
            {
              ...request,
              path: `${request.path}${request.path.includes("?") ? "&" : "?"}_method=${method}`,
            },
            request.caller,
            {
              "x-http-method-override": method,
              "x-http-method": method,
              "x-method-override": method,
            },
          ),
      }));
      const hosts = [
        { host: evil },
        { "x-forwarded-host": evil, "x-forwarded-proto": "https", "x-forwarded-prefix": "/evil" },
        { forwarded: `host=${evil};proto=https`, "x-host": evil, "x-original-host": evil },
      ].map((headers) => ({
        told: JSON.stringify(headers),
        send: () => send(request, request.caller, headers),
      }));
      const answered = await stage.changeNothing([...overrides, ...hosts]);
      for (const { told, answer } of answered) {
        expect(JSON.stringify([answer.headers, answer.body]), told).not.toContain(evil);
      }
      for (const { told, answer } of answered.slice(overrides.length)) {
        expect(answer.status, told).toBe(request.endpoint.status);
      }
    },
  );

  test("that names another host is given links to the host of the settings alone", async () => {
    const { testApp, world } = stage;
    const headers = { host: evil, "x-forwarded-host": evil, forwarded: `host=${evil}` };
    const person = await testApp.newUser();
    const link = await testApp.admin.call("POST", `/users/${person.id}/reset-link`, {}, headers);
    expect(requireStatus(link, 201).link).toMatch(/^http:\/\/tessera\.example\.test\//);
    const feed = await world.owner.call("POST", "/calendar/feed", {}, headers);
    expect(requireStatus(feed, 201).address).toMatch(/^http:\/\/tessera\.example\.test\//);
  });
});
