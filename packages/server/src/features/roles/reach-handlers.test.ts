import { randomUUID } from "node:crypto";
import { createCatalogue } from "@tessera/contract";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { onEveryDatabase } from "../../testing/on-every-database.ts";
import { isSoak } from "../../testing/soak.ts";
import {
  type Caller,
  requireStatus,
  startApp,
  type TestApp,
  type TestUser,
} from "../../testing/start-app.ts";
import { giveRole, newMember } from "../../testing/test-people.ts";

const catalogue = createCatalogue();
const operations = (catalogue.findEntityType("clients")?.operations ?? []).map(({ name }) => name);
const runCount = isSoak ? 200 : 10;

interface Person {
  readonly user_id: string;
  readonly enabled: boolean;
  readonly roles: readonly { readonly role_name: string; readonly access_type: string }[];
  readonly operations: readonly string[];
  readonly token_count?: number;
}

interface OwnToken {
  readonly id: string;
  readonly operations: readonly {
    readonly operation: string;
    readonly entity_id: string;
    readonly allowed: boolean;
  }[];
}

const places = ["domain", "top", "mid", "client"] as const;
const typeOfPlace = { domain: "domains", top: "groups", mid: "groups", client: "clients" } as const;

/** The actions of one person's roles by where they are, and the scopes of the person's tokens. */
const person = fc.record({
  roles: fc.record({
    ...Object.fromEntries(
      places.map((place) => [
        place,
        fc.option(
          fc.oneof(
            fc.subarray([...catalogue.roleActions(typeOfPlace[place])], { maxLength: 5 }),
            fc.constant([...catalogue.roleActions(typeOfPlace[place])]),
          ),
          { nil: undefined, freq: 2 },
        ),
      ]),
    ),
    // Without any action there nothing of the domain is reached.
    domain: fc.subarray([...catalogue.roleActions("domains")], { minLength: 0, maxLength: 6 }),
  }) as fc.Arbitrary<Partial<Record<(typeof places)[number], string[]>>>,
  tokens: fc.array(
    fc.array(
      fc.record({
        operation: fc.constantFrom(...operations),
        on: fc.constantFrom("client", "*", "other"),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    { maxLength: 2 },
  ),
});

onEveryDatabase("who and which tokens reach an object", (kind) => {
  let server: TestApp;
  let ada: TestUser;
  beforeAll(async () => {
    server = await startApp(kind);
    ada = await server.newUser();
  });
  afterAll(() => server.close());

  async function build(owner: Caller = ada) {
    const domainId = await server.newDomain(owner);
    const make = async (type: string, body: object): Promise<string> =>
      requireStatus(await owner.call("POST", `/${domainId}/${type}`, body), 201).id;
    const top = await make("groups", { name: "top" });
    const mid = await make("groups", { name: "mid", parent_id: top });
    const client = await make("clients", { name: "client", parent_group_id: mid });
    const other = await make("clients", { name: "other" });
    const paths = {
      domain: `/domains/${domainId}`,
      top: `/${domainId}/groups/${top}`,
      mid: `/${domainId}/groups/${mid}`,
      client: `/${domainId}/clients/${client}`,
    };
    return { domainId, client, other, paths, reach: `${paths.client}/reach` };
  }

  const peopleSeenBy = async (caller: Caller, reach: string): Promise<readonly Person[]> =>
    requireStatus(await caller.call("GET", `${reach}?limit=100`), 200).people;
  const tokensOf = async (caller: Caller, reach: string): Promise<readonly OwnToken[]> =>
    requireStatus(await caller.call("GET", `${reach}/tokens?limit=100`), 200).tokens;

  /** By the server's own decision. */
  async function allowedTo(caller: Caller, domainId: string, client: string) {
    const questions = operations.map((operation) => ({
      domain_id: domainId,
      entity_type: "clients",
      entity_id: client,
      operation,
    }));
    const answers: readonly { operation: string; allowed: boolean }[] = requireStatus(
      await caller.call("POST", "/authorize", questions),
      200,
    );
    return answers.filter(({ allowed }) => allowed).map(({ operation }) => operation);
  }

  /** A scope on one object is refused beside one on all of them. */
  function scopeTexts(
    scopes: readonly { readonly operation: string; readonly on: string }[],
    idOf: Readonly<Record<string, string>>,
  ): readonly string[] {
    const isCovered = ({ operation, on }: (typeof scopes)[number]) =>
      on !== "*" && scopes.some((one) => one.operation === operation && one.on === "*");
    const texts = scopes
      .filter((scope) => !isCovered(scope))
      .map(({ operation, on }) => `clients:${operation}:${idOf[on]}`);
    return [...new Set(texts)];
  }

  test("who administers the platform is told by no number of tokens, but to those who do", async () => {
    const { domainId, reach } = await build();
    const [first, second] = [await server.newUser(), await server.newUser()];
    const admin = await server.signIn(server.admin.username, server.admin.password);
    const role = { role: "admin" };
    requireStatus(await admin.call("PATCH", `/users/${first.id}/role`, role), 200);
    for (const member of [first, second]) {
      await giveRole(ada, `/domains/${domainId}`, member, ["client_read"]);
      await server.newToken(member, domainId, ["clients:delete"]);
    }
    const saidTo = async (caller: Caller) => {
      const people = await peopleSeenBy(caller, reach);
      return [first, second].map(({ id }) => {
        const found = people.find(({ user_id }) => user_id === id);
        return [found?.operations.includes("delete"), found?.token_count];
      });
    };
    expect(await saidTo(ada)).toEqual([
      [false, 0],
      [false, 0],
    ]);
    expect(await saidTo(admin)).toEqual([
      [true, 1],
      [false, 0],
    ]);
  });

  test("what is said of people and tokens is what is decided when they come", () =>
    fc.assert(
      fc.asyncProperty(fc.array(person, { minLength: 1, maxLength: 2 }), async (people) => {
        const { domainId, client, other, paths, reach } = await build();
        const idOf = { client, other, "*": "*" };
        const everybody = [];
        for (const { roles, tokens } of people) {
          const user = await server.newUser();
          for (const place of places) {
            const actions = roles[place];
            if (actions !== undefined) await giveRole(ada, paths[place], user, actions);
          }
          const bearers = [];
          for (const scopes of tokens) {
            bearers.push(await server.newToken(user, domainId, scopeTexts(scopes, idOf)));
          }
          everybody.push({ user, bearers });
        }
        const told = await peopleSeenBy(ada, reach);
        for (const { user, bearers } of everybody) {
          const allowed = await allowedTo(user, domainId, client);
          const seen = told.find(({ user_id }) => user_id === user.id);
          expect(seen?.operations ?? []).toEqual(allowed);
          const ofTokens = [];
          for (const bearer of bearers) ofTokens.push(await allowedTo(bearer, domainId, client));
          expect(seen?.token_count ?? 0).toBe(ofTokens.filter(({ length }) => length > 0).length);
          if (!allowed.includes("view")) {
            expect((await user.call("GET", `${reach}/tokens`)).status).toBe(403);
            continue;
          }
          const own = await tokensOf(user, reach);
          for (const [index, bearer] of bearers.entries()) {
            const shown = own.find(({ id }) => id === bearer.id)?.operations ?? [];
            expect(
              shown.filter(({ allowed: isAllowed }) => isAllowed).map(({ operation }) => operation),
            ).toEqual(ofTokens[index]);
          }
        }
      }),
      { numRuns: runCount },
    ));

  test("each way is told with its role and its place, the nearest first", async () => {
    const { domainId, paths, reach } = await build();
    const bob = await newMember(server, ada, domainId);
    await giveRole(ada, paths.top, bob, ["subgroup_client_update"], "hands");
    await giveRole(ada, paths.client, bob, ["read"], "eyes");
    const seen = (await peopleSeenBy(ada, reach)).find(({ user_id }) => user_id === bob.id);
    expect(seen?.roles.map(({ role_name, access_type }) => [role_name, access_type])).toEqual([
      ["eyes", "direct"],
      ["hands", "indirect_group"],
    ]);
    expect(seen?.operations).toContain("update");
    expect(seen?.operations).not.toContain("delete");
  });

  test("of a token it is said by which scope it reaches, and what its owner may not do now", async () => {
    const { domainId, client, reach } = await build();
    const bob = await newMember(server, ada, domainId, ["read", "client_read"]);
    const { id } = await server.newToken(bob, domainId, [
      "clients:view",
      `clients:update:${client}`,
    ]);
    await server.newToken(bob, domainId, [`clients:view:${randomUUID()}`, "channels:view"]);
    const own = await tokensOf(bob, reach);
    expect(own.map((token) => token.id)).toEqual([id]);
    expect(own[0]?.operations).toEqual([
      { operation: "view", scope_id: expect.any(String), entity_id: "*", allowed: true },
      { operation: "update", scope_id: expect.any(String), entity_id: client, allowed: false },
    ]);
  });

  test("tokens of others are counted, for the domain's administrators alone, and never named", async () => {
    const { domainId, reach } = await build();
    const bob = await newMember(server, ada, domainId, ["read", "client_read"]);
    const names = ["read", "client_read", "client_view_role_users"];
    const watcher = await newMember(server, ada, domainId, names);
    const token = await server.newToken(bob, domainId, ["clients:view"]);
    const ofBob = (people: readonly Person[]) => people.find(({ user_id }) => user_id === bob.id);
    expect(ofBob(await peopleSeenBy(ada, reach))?.token_count).toBe(1);
    expect(ofBob(await peopleSeenBy(server.admin, reach))?.token_count).toBe(1);
    expect(ofBob(await peopleSeenBy(watcher, reach))).toMatchObject({ operations: ["view"] });
    expect(ofBob(await peopleSeenBy(watcher, reach))).not.toHaveProperty("token_count");
    for (const caller of [ada, watcher, server.admin]) {
      const { body } = await caller.call("GET", reach);
      expect(JSON.stringify(body)).not.toContain(token.id);
      expect(await tokensOf(caller, reach)).toEqual([]);
    }
  });

  test("tokens that do not work, and people who are disabled, reach nothing", async () => {
    const { domainId, reach } = await build();
    const bob = await newMember(server, ada, domainId, ["read", "client_read"]);
    const { id } = await server.newToken(bob, domainId, ["clients:view"]);
    await server.newToken(bob, domainId, ["clients:view"], "1h");
    const seen = async () =>
      (await peopleSeenBy(ada, reach)).find(({ user_id }) => user_id === bob.id);
    expect((await seen())?.token_count).toBe(2);
    requireStatus(await bob.call("PATCH", `/pats/${id}/secret/revoke`), 204);
    expect((await seen())?.token_count).toBe(1);
    expect(await tokensOf(bob, reach)).toHaveLength(1);
    requireStatus(await server.admin.call("POST", `/users/${bob.id}/disable`), 200);
    expect(await seen()).toMatchObject({ enabled: false, operations: [], token_count: 0 });
  });

  test("who administers the platform is told to no other member", async () => {
    const { domainId, paths, reach } = await build(ada);
    await giveRole(ada, paths.domain, server.admin, ["read"], "looker");
    const names = ["read", "client_read", "client_view_role_users"];
    const watcher = await newMember(server, ada, domainId, names);
    const ofAdmin = async (caller: Caller) =>
      (await peopleSeenBy(caller, reach)).find(({ user_id }) => user_id === server.admin.id);
    // The role itself opens nothing on the client, and so nobody is told of it.
    expect(await ofAdmin(watcher)).toBeUndefined();
    await giveRole(ada, paths.client, server.admin, ["read"], "viewer");
    expect((await ofAdmin(watcher))?.operations).toEqual(["view"]);
    expect((await ofAdmin(ada))?.operations).toEqual(["view"]);
    expect((await ofAdmin(server.admin))?.operations).toEqual(operations);
  });

  test("who may not see the members is told of nobody, and a token of nothing at all", async () => {
    const { domainId, reach, paths } = await build();
    const reader = await newMember(server, ada, domainId, ["read", "client_read"]);
    const stranger = await server.newUser();
    const token = await server.newToken(ada, domainId, ["clients:view"]);
    expect((await reader.call("GET", reach)).body.code).toBe("owner_lacks_permission");
    expect((await reader.call("GET", `${reach}/tokens`)).status).toBe(200);
    for (const path of [reach, `${reach}/tokens`]) {
      expect((await stranger.call("GET", path)).body.code).toBe("owner_lacks_permission");
      expect((await token.call("GET", path)).body.code).toBe("session_required");
      expect((await server.nobody.call("GET", path)).status).toBe(401);
      const gone = path.replace(paths.client, `/${domainId}/clients/${randomUUID()}`);
      expect((await ada.call("GET", gone)).body.code).toBe("not_found");
      expect((await stranger.call("GET", gone)).body.code).toBe("owner_lacks_permission");
    }
  });

  test("people and tokens come in pages", async () => {
    const { domainId, reach } = await build();
    for (let count = 0; count < 2; count += 1) {
      await newMember(server, ada, domainId, ["read", "client_read"]);
      await server.newToken(ada, domainId, ["clients:view"]);
    }
    const pages = [0, 1, 2].map((offset) => `?limit=1&offset=${offset}`);
    const people = [];
    for (const page of pages) people.push((await ada.call("GET", reach + page)).body);
    expect(people.map(({ total, limit }) => [total, limit])).toEqual([
      [3, 1],
      [3, 1],
      [3, 1],
    ]);
    expect(new Set(people.map((body) => body.people[0].user_id)).size).toBe(3);
    const second = (await ada.call("GET", `${reach}/tokens?limit=1&offset=1`)).body;
    expect([second.total, second.tokens.length]).toEqual([2, 1]);
    const tooMany = await ada.call("GET", `${reach}?limit=101`);
    expect(tooMany).toMatchObject({ status: 400, body: { field: "limit" } });
  });
});
