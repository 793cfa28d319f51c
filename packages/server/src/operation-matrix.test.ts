import { createCatalogue, type Endpoint, type ErrorCode, type ScopeWire } from "@tessera/contract";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readEverything } from "./testing/everything-stored.ts";
import { buildWorld, requestTo, type World, type WorldRequest } from "./testing/operation-world.ts";
import {
  type Caller,
  requireStatus,
  startApp,
  type TestApp,
  type TestResponse,
} from "./testing/start-app.ts";
import { testDatabases } from "./testing/test-databases.ts";

const catalogue = createCatalogue();
const rows = catalogue
  .operations()
  .flatMap((row) => row.endpoints.map((endpoint) => ({ row, endpoint })));
const boundOperations = new Set(
  rows.flatMap(({ endpoint }) =>
    endpoint.access.kind === "operation" ? endpoint.access.needs.map((need) => need.operation) : [],
  ),
);

it("reaches every one of the 54 operations through some endpoint", () => {
  expect([...boundOperations].sort()).toEqual(
    catalogue
      .operations()
      .map(({ id }) => id)
      .sort(),
  );
  expect(boundOperations.size).toBe(54);
});

/** Endpoints that refuse nobody who has signed in, and show less instead. */
const showsLess = (endpoint: Endpoint) =>
  endpoint.access.kind === "operation" && endpoint.access.needs[0]?.on.from === "own_domains";
const inAnyDomain = (endpoint: Endpoint) =>
  endpoint.access.kind === "operation" && endpoint.access.needs[0]?.on.from === "any_domain";

for (const kind of testDatabases) {
  describe(`every operation on ${kind.name}`, () => {
    let testApp: TestApp;
    /** Refused requests change nothing, so that they can share a world. */
    let world: World;
    let before: string;

    beforeAll(async () => {
      testApp = await startApp(kind, { environment: { TESSERA_USAGE_FLUSH_INTERVAL: "24h" } });
      world = await buildWorld(testApp);
    });
    afterAll(() => testApp.close());

    const tokenOf = async (w: World, scopes: readonly ScopeWire[], duration = "1h") => {
      const body = { name: "ci", duration, scopes: withoutRepetition(scopes) };
      const made = requireStatus(await w.owner.call("POST", "/pats", body), 201);
      return { id: made.id as string, ...testApp.bearer(made.secret) };
    };
    const refused = async (
      request: WorldRequest,
      caller: Caller,
      status: number,
      code: ErrorCode,
    ): Promise<TestResponse> => {
      before = await readEverything(testApp.deps.database);
      const answer = await request.send(caller);
      expect([answer.status, answer.body?.code], JSON.stringify(answer.body)).toEqual([
        status,
        code,
      ]);
      expect(await readEverything(testApp.deps.database), "changed something").toBe(before);
      return answer;
    };

    describe.each(rows.map(({ row, endpoint }) => [endpoint.id, row, endpoint] as const))(
      "%s",
      (_, row, endpoint) => {
        it("is refused to nobody, garbage, and tokens that have expired, were revoked or deleted", async () => {
          const request = requestTo(endpoint, world);
          await refused(request, testApp.nobody, 401, "unauthenticated");
          await refused(request, testApp.bearer("pat_garbage"), 401, "unauthenticated");
          await refused(request, testApp.bearer("undefined"), 401, "unauthenticated");
          const expiring = await tokenOf(world, request.scopes, "1s");
          testApp.clock.now += 1000;
          await refused(request, expiring, 401, "token_expired");
          const token = await tokenOf(world, request.scopes);
          requireStatus(await world.owner.call("PATCH", `/pats/${token.id}/secret/revoke`), 204);
          await refused(request, token, 401, "token_revoked");
          requireStatus(await world.owner.call("DELETE", `/pats/${token.id}`), 204);
          await refused(request, token, 401, "unauthenticated");
        });

        it("is done for the right scope, for * and for a session", async () => {
          for (const scopesOf of [rightScopes, starScopes]) {
            const own = await buildWorld(testApp);
            const request = requestTo(endpoint, own);
            const token = await tokenOf(own, scopesOf(request));
            requireStatus(await request.send(token), endpoint.status);
          }
          const own = await buildWorld(testApp);
          requireStatus(await requestTo(endpoint, own).send(own.owner), endpoint.status);
        });

        it("is refused to a token that lacks any one of the scopes, and told which", async () => {
          const request = requestTo(endpoint, world);
          if (showsLess(endpoint)) return;
          for (const missing of withoutRepetition(request.scopes)) {
            const others = request.scopes.filter((scope) => !isSame(scope, missing));
            const answer = await refused(
              request,
              await tokenOf(world, others),
              403,
              "scope_missing",
            );
            if (!inAnyDomain(endpoint))
              expect(answer.body).toMatchObject({ missing_scope: missing });
          }
        });

        it("is refused to scopes for another object, another domain, another operation", async () => {
          const request = requestTo(endpoint, world);
          const elsewhere = await tokenOf(
            world,
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
            const other = await tokenOf(
              world,
              request.scopes.map((scope) => ({ ...scope, entity_id: otherId })),
            );
            await refused(request, other, 403, "scope_missing");
          }
          const everythingElse = catalogue
            .operations()
            .filter(({ id }) => id !== row.id)
            .map(({ type, name }) => everyObject(type, name, world.domainId));
          await refused(request, await tokenOf(world, everythingElse), 403, "scope_missing");
        });

        it("is refused to a token whose owner lacks the permission", async () => {
          const own = await buildWorld(testApp);
          const request = requestTo(endpoint, own);
          const token = await tokenOf(own, request.scopes);
          await leaveOneUselessAction(testApp, own);
          if (row.action === null && request.scopes.length === 1) {
            requireStatus(await request.send(token), endpoint.status);
            return;
          }
          await refused(request, token, 403, "owner_lacks_permission");
        });
      },
    );

    it("is refused to tokens whose owner has been removed from the domain", async () => {
      const own = await buildWorld(testApp);
      const requestsAndTokens = await tokensForAll(own);
      await removeOwner(testApp, own);
      for (const { request, token } of requestsAndTokens) {
        if (showsLess(request.endpoint)) {
          const shown = JSON.stringify(requireStatus(await request.send(token), 200));
          if (request.endpoint.id !== "invitations.list") expect(shown).not.toContain(own.domainId);
        } else await refused(request, token, 403, "owner_lacks_permission");
      }
    });

    it("is refused to tokens whose owner is disabled, and done again once enabled", async () => {
      const own = await buildWorld(testApp);
      const requestsAndTokens = await tokensForAll(own);
      requireStatus(await testApp.admin.call("POST", `/users/${own.owner.id}/disable`), 200);
      for (const { request, token } of requestsAndTokens) {
        await refused(request, token, 401, "owner_disabled");
      }
      requireStatus(await testApp.admin.call("POST", `/users/${own.owner.id}/enable`), 200);
      const [first] = requestsAndTokens;
      requireStatus(await (first?.request.send(first.token) ?? Promise.reject()), 200);
    });

    it("is refused in a disabled domain, but for what looks at it and enables it", async () => {
      const own = await buildWorld(testApp);
      const requestsAndTokens = await tokensForAll(own);
      requireStatus(await own.owner.call("POST", `/domains/${own.domainId}/disable`), 200);
      for (const { request, token } of requestsAndTokens) {
        const row = rows.find(({ endpoint }) => endpoint === request.endpoint)?.row;
        if (row?.worksInDisabledDomain === true) continue;
        await refused(request, token, 403, "domain_disabled");
      }
      for (const { request, token } of requestsAndTokens) {
        const row = rows.find(({ endpoint }) => endpoint === request.endpoint)?.row;
        if (row?.worksInDisabledDomain !== true) continue;
        requireStatus(await request.send(token), request.endpoint.status);
      }
    });

    it("finds nothing of an object that has been deleted, and its scopes are gone", async () => {
      for (const { row, endpoint } of rows) {
        if (row.type === "domains" || !endpoint.path.includes(":id")) continue;
        const own = await buildWorld(testApp);
        const request = requestTo(endpoint, own);
        const exact = await tokenOf(own, request.scopes);
        const star = await tokenOf(own, starScopes(request));
        const object = request.path.split("/").slice(0, 4).join("/");
        requireStatus(await own.owner.call("DELETE", object), 204);
        await refused(request, exact, 403, "scope_missing");
        await refused(request, star, 404, "not_found");
        await refused(request, own.owner, 404, "not_found");
      }
    });

    async function tokensForAll(w: World) {
      const made = [];
      for (const { endpoint } of rows) {
        const request = requestTo(endpoint, w);
        made.push({ request, token: await tokenOf(w, request.scopes) });
      }
      return made;
    }
  });
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
