import {
  createCatalogue,
  type Endpoint,
  type ErrorCode,
  type ErrorReply,
  type Operation,
  type ScopeWire,
} from "@tessera/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { watchEverything } from "./testing/everything-stored.ts";
import { isDoneInFull, onEveryDatabase } from "./testing/on-every-database.ts";
import { buildWorld, requestTo, type World, type WorldRequest } from "./testing/operation-world.ts";
import { sampled } from "./testing/soak.ts";
import {
  type Caller,
  requireStatus,
  startApp,
  type TestApp,
  type TestResponse,
} from "./testing/start-app.ts";
import type { TestDatabaseKind } from "./testing/test-databases.ts";

const catalogue = createCatalogue();
const rows = catalogue
  .operations()
  .flatMap((row) => row.endpoints.map((endpoint) => ({ row, endpoint })));
const boundOperations = new Set(
  rows.flatMap(({ endpoint }) =>
    endpoint.access.kind === "operation" ? endpoint.access.needs.map((need) => need.operation) : [],
  ),
);

test("reaches every one of the 54 operations, and our own, through some endpoint", () => {
  expect([...boundOperations].sort()).toEqual(
    catalogue
      .operations()
      .map(({ id }) => id)
      .sort(),
  );
  expect(boundOperations.size).toBe(54 + 1);
});

/** Endpoints that refuse nobody who has signed in, and show less instead. */
const showsLess = (endpoint: Endpoint) =>
  endpoint.access.kind === "operation" && endpoint.access.needs[0]?.on.from === "own_domains";
const inAnyDomain = (endpoint: Endpoint) =>
  endpoint.access.kind === "operation" && endpoint.access.needs[0]?.on.from === "any_domain";

onEveryDatabase("every operation", (kind) => {
  /** For what is refused or only reads: it changes nothing, so that all can share one world. */
  let stage: Stage;
  /** For what changes something: each has a world of its own. */
  let testApp: TestApp;

  beforeAll(async () => {
    stage = await openStage(kind);
    testApp = await startApp(kind);
  });
  afterAll(async () => {
    await stage.testApp.close();
    await testApp.close();
  });

  const tried = sampled(rows, isDoneInFull(kind) ? 1 : 2);

  describe.each(tried.map(({ row, endpoint }) => [endpoint.id, row, endpoint] as const))(
    "%s",
    (_, row, endpoint) => {
      test("is refused to nobody, garbage, and tokens that have expired, were revoked or deleted", async () => {
        const { world, tokenOf, refused } = stage;
        const request = requestTo(endpoint, world);
        await refused(request, stage.testApp.nobody, 401, "unauthenticated");
        await refused(request, stage.testApp.bearer("pat_garbage"), 401, "unauthenticated");
        await refused(request, stage.testApp.bearer("undefined"), 401, "unauthenticated");
        const expiring = await tokenOf(request.scopes, "1s");
        stage.testApp.clock.now += 1000;
        await refused(request, expiring, 401, "token_expired");
        const token = await tokenOf(request.scopes);
        requireStatus(await world.owner.call("PATCH", `/pats/${token.id}/secret/revoke`), 204);
        await refused(request, token, 401, "token_revoked");
        requireStatus(await world.owner.call("DELETE", `/pats/${token.id}`), 204);
        await refused(request, token, 401, "unauthenticated");
      });

      test("is done for the right scope, for * and for a session", async () => {
        const [server, worldOf] =
          endpoint.method === "GET"
            ? [stage.testApp, async () => stage.world]
            : [testApp, () => buildWorld(testApp)];
        // On the slower database once, which is what it has to do with.
        for (const scopesOf of isDoneInFull(kind) ? [rightScopes, starScopes] : [rightScopes]) {
          const world = await worldOf();
          const request = requestTo(endpoint, world);
          const token = await newToken(server, world, scopesOf(request));
          requireStatus(await request.send(token), endpoint.status);
        }
        if (!isDoneInFull(kind)) return;
        const world = await worldOf();
        requireStatus(await requestTo(endpoint, world).send(world.owner), endpoint.status);
      });

      test("is refused to a token that lacks any one of the scopes, and told which", async () => {
        if (showsLess(endpoint)) return;
        const { world, tokenOf, refused } = stage;
        const request = requestTo(endpoint, world);
        for (const missing of withoutRepetition(request.scopes)) {
          const others = request.scopes.filter((scope) => !isSame(scope, missing));
          const answer = await refused(request, await tokenOf(others), 403, "scope_missing");
          if (!inAnyDomain(endpoint)) {
            expect(answer).toMatchObject({ missing_scope: missing });
          }
        }
      });

      test("is refused to scopes for another object, another domain, another operation", async () => {
        const { world, tokenOf, refused } = stage;
        const request = requestTo(endpoint, world);
        const elsewhere = await tokenOf(
          request.scopes.map((scope) => inDomain(scope, world.otherDomainId)),
        );
        if (showsLess(endpoint)) {
          const shown = JSON.stringify(requireStatus(await request.send(elsewhere), 200));
          expect(shown).not.toContain(world.domainId);
          return;
        }
        if (!inAnyDomain(endpoint)) await refused(request, elsewhere, 403, "scope_missing");
        if (row.type !== "domains") {
          const otherId = "00000000-0000-4000-8000-000000000000";
          const other = request.scopes.map((scope) => ({ ...scope, entity_id: otherId }));
          await refused(request, await tokenOf(other), 403, "scope_missing");
        }
        const everythingElse = catalogue
          .operations()
          .filter(({ id }) => id !== row.id)
          .map(({ type, name }) => everyObject(type, name, world.domainId));
        await refused(request, await tokenOf(everythingElse), 403, "scope_missing");
        // So many scopes would make everything that is stored long to compare.
        requireStatus(await world.owner.call("DELETE", "/pats"), 200);
      });
    },
  );

  test("is refused to tokens whose owner lacks the permission", async () => {
    await onStage(kind, async ({ testApp: app, world, refused, tokensForAll }) => {
      const tokens = await tokensForAll(rightScopes);
      await leaveOneUselessAction(app, world);
      const isOpenToMembers = ({ row, request }: RowRequest) =>
        row.action === null && request.scopes.length === 1;
      for (const of of tokens.filter((each) => !isOpenToMembers(each))) {
        await refused(of.request, of.token, 403, "owner_lacks_permission");
      }
      for (const { request, token } of tokens.filter(isOpenToMembers)) {
        requireStatus(await request.send(token), request.endpoint.status);
      }
    });
  });

  test("is refused to tokens whose owner has been removed from the domain", async () => {
    await onStage(kind, async ({ testApp: app, world, refused, tokensForAll }) => {
      const tokens = await tokensForAll(rightScopes);
      await removeOwner(app, world);
      for (const { request, token } of tokens) {
        if (showsLess(request.endpoint)) {
          const shown = JSON.stringify(requireStatus(await request.send(token), 200));
          expect(shown).not.toContain(world.domainId);
        } else await refused(request, token, 403, "owner_lacks_permission");
      }
    });
  });

  test("is refused to tokens whose owner is disabled, and done again once they are restored", async () => {
    await onStage(kind, async ({ testApp: app, world, refused, tokensForAll }) => {
      const tokens = await tokensForAll(rightScopes);
      requireStatus(await app.admin.call("POST", `/users/${world.owner.id}/disable`), 200);
      for (const { request, token } of tokens) {
        await refused(request, token, 401, "owner_disabled");
      }
      requireStatus(await app.admin.call("POST", `/users/${world.owner.id}/enable`), 200);
      const viewing = tokens.find(({ row }) => row.id === "clients.view");
      if (viewing === undefined) throw new Error("no token views clients");
      await refused(viewing.request, viewing.token, 401, "token_revoked");
      const owner = await app.signIn(world.owner.username, world.owner.password);
      requireStatus(await owner.call("PATCH", `/pats/${viewing.token.id}/secret/restore`), 200);
      expect((await viewing.request.send(viewing.token)).status).toBe(200);
    });
  });

  test("is refused in a disabled domain, but for what looks at it and enables it", async () => {
    await onStage(kind, async ({ world, refused, tokensForAll }) => {
      const tokens = await tokensForAll(rightScopes);
      requireStatus(await world.owner.call("POST", `/domains/${world.domainId}/disable`), 200);
      for (const { row, request, token } of tokens) {
        if (!row.worksInDisabledDomain) await refused(request, token, 403, "domain_disabled");
      }
      for (const { row, request, token } of tokens) {
        if (!row.worksInDisabledDomain) continue;
        requireStatus(await request.send(token), request.endpoint.status);
      }
    });
  });

  test("finds nothing of objects that have been deleted, and their scopes are gone", async () => {
    await onStage(kind, async ({ world, refused, tokensForAll }) => {
      const isOnObject = ({ request }: RowRequest) => request.endpoint.path.includes("/:id");
      const exact = (await tokensForAll(rightScopes)).filter(isOnObject);
      const star = (await tokensForAll(starScopes)).filter(isOnObject);
      for (const object of objectsOf(world)) {
        requireStatus(await world.owner.call("DELETE", `/${world.domainId}/${object}`), 204);
      }
      for (const { request, token } of exact) {
        await refused(request, token, 403, "scope_missing");
        await refused(request, world.owner, 404, "not_found");
      }
      for (const { request, token } of star) await refused(request, token, 404, "not_found");
    });
  });
});

interface RowRequest {
  readonly row: Operation;
  readonly request: WorldRequest;
}

/** A server with one world, in which everything that is sent through it must be refused without a trace. */
interface Stage {
  readonly testApp: TestApp;
  readonly world: World;
  tokenOf(scopes: readonly ScopeWire[], duration?: string): ReturnType<typeof newToken>;
  tokensForAll(
    scopesOf: (request: WorldRequest) => readonly ScopeWire[],
  ): Promise<readonly (RowRequest & { readonly token: Awaited<ReturnType<typeof newToken>> })[]>;
  refused(
    request: WorldRequest,
    caller: Caller,
    status: number,
    code: ErrorCode,
  ): Promise<ErrorReply>;
}

async function openStage(kind: TestDatabaseKind): Promise<Stage> {
  // Nothing is to be written but by the requests themselves.
  const environment = { TESSERA_USAGE_FLUSH_INTERVAL: "24h" };
  const testApp = await startApp(kind, { environment });
  const readEverything = watchEverything(testApp.deps.database);
  const world = await buildWorld(testApp);
  const tokenOf: Stage["tokenOf"] = (scopes, duration) =>
    newToken(testApp, world, scopes, duration);
  return {
    testApp,
    world,
    tokenOf,
    tokensForAll: async (scopesOf) => {
      const made = [];
      for (const { row, endpoint } of rows) {
        const request = requestTo(endpoint, world);
        made.push({ row, request, token: await tokenOf(scopesOf(request)) });
      }
      return made;
    },
    refused: async (request, caller, status, code) => {
      const before = await readEverything();
      const { status: answered, body } = (await request.send(caller)) as TestResponse<ErrorReply>;
      const told = `${request.endpoint.id}: ${JSON.stringify(body)}`;
      expect([answered, body?.code], told).toEqual([status, code]);
      expect(await readEverything(), `${request.endpoint.id} changed something`).toBe(before);
      return body;
    },
  };
}

async function onStage(
  kind: TestDatabaseKind,
  play: (stage: Stage) => Promise<void>,
): Promise<void> {
  const stage = await openStage(kind);
  try {
    await play(stage);
  } finally {
    await stage.testApp.close();
  }
}

async function newToken(
  testApp: TestApp,
  { owner }: World,
  scopes: readonly ScopeWire[],
  duration = "1h",
): Promise<{ readonly id: string } & Caller> {
  const body = { name: "ci", duration, scopes: withoutRepetition(scopes) };
  const { id, secret } = requireStatus(await owner.call("POST", "/pats", body), 201);
  return { id, ...testApp.bearer(secret) };
}

function objectsOf(world: World): readonly string[] {
  const { client, disabledClient, connectedClient, channel, disabledChannel } = world;
  const { connectedChannel, group, disabledGroup, childGroup, parent } = world;
  return [
    ...[client, disabledClient, connectedClient].map((id) => `clients/${id}`),
    ...[channel, disabledChannel, connectedChannel].map((id) => `channels/${id}`),
    ...[group, disabledGroup, childGroup, parent].map((id) => `groups/${id}`),
  ];
}

const rightScopes = (request: WorldRequest) => request.scopes;
const starScopes = (request: WorldRequest) =>
  request.scopes.map((scope) => everyObject(scope.entity_type, scope.operation, scope.domain_id));

function everyObject(type: string, operation: string, domainId: string): ScopeWire {
  const entityId = type === "domains" ? domainId : "*";
  return { domain_id: domainId, entity_type: type, entity_id: entityId, operation };
}

function inDomain(scope: ScopeWire, domainId: string): ScopeWire {
  const entityId = scope.entity_type === "domains" ? domainId : scope.entity_id;
  return { ...scope, domain_id: domainId, entity_id: entityId };
}

function isSame(one: ScopeWire, other: ScopeWire): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function withoutRepetition(scopes: readonly ScopeWire[]): readonly ScopeWire[] {
  return scopes.filter((scope, index) => scopes.findIndex((each) => isSame(each, scope)) === index);
}

/** Somebody else becomes the domain's administrator, and the owner keeps an action that opens nothing here. */
async function leaveOneUselessAction(testApp: TestApp, world: World): Promise<void> {
  await removeOwner(testApp, world);
  const role = {
    role_name: "useless",
    optional_actions: ["alarm_read"],
    optional_members: [world.owner.id],
  };
  requireStatus(await testApp.admin.call("POST", `/domains/${world.domainId}/roles`, role), 201);
}

async function removeOwner(testApp: TestApp, world: World): Promise<void> {
  const roles = `/domains/${world.domainId}/roles`;
  const listed = requireStatus(await testApp.admin.call("GET", roles), 200);
  const { id } = listed.roles.find((role: { name: string }) => role.name === "admin");
  const heir = { members: [world.invitable.id] };
  requireStatus(await testApp.admin.call("POST", `${roles}/${id}/members`, heir), 200);
  const leaving = { members: [world.owner.id] };
  requireStatus(await testApp.admin.call("POST", `${roles}/${id}/members/delete`, leaving), 204);
}
