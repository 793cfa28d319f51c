import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { onEveryDatabase } from "../../testing/on-every-database.ts";
import {
  type Caller,
  requireStatus,
  startApp,
  type TestApp,
  type TestUser,
} from "../../testing/start-app.ts";

onEveryDatabase("domains", (kind) => {
  let server: TestApp;
  let ada: TestUser;

  beforeAll(async () => {
    server = await startApp(kind);
    ada = await server.newUser();
  });
  afterAll(() => server.close());

  describe("creating", () => {
    test("replies with all that was sent, tags once each", async () => {
      const body = {
        name: "Plant 7",
        route: newRoute(),
        tags: ["prod", "north", "prod"],
        metadata: { site: { hall: 3 } },
      };
      const created = await ada.call("POST", "/domains", body);
      expect(created.status).toBe(201);
      expect(created.body).toEqual({
        ...body,
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        tags: ["prod", "north"],
        status: "enabled",
        created_by: ada.id,
        created_at: expect.stringMatching(/Z$/),
        updated_at: "0001-01-01T00:00:00Z",
      });
      expect((await ada.call("GET", `/domains/${created.body.id}`)).body).toEqual(created.body);
    });

    test("a token of scopes in very many domains creates where its owner is in one of them", async () => {
      const own = await server.newDomain(ada);
      const tokenFor = async (domainIds: readonly string[]) => {
        const scopes = domainIds.map((domain_id) => ({
          domain_id,
          entity_type: "domains",
          entity_id: "*",
          operation: "create",
        }));
        const made = await ada.call("POST", "/pats", { name: "ci", duration: "24h", scopes });
        return server.bearer(requireStatus(made, 201).secret);
      };
      const unknown = Array.from({ length: 500 }, () => randomUUID());
      const create = (token: Caller) =>
        token.call("POST", "/domains", { name: "made by a token", route: newRoute() });
      const created = requireStatus(await create(await tokenFor([...unknown, own])), 201);
      expect(created.created_by).toBe(ada.id);
      const refused = await create(await tokenFor(unknown));
      expect([refused.status, refused.body.code]).toEqual([403, "owner_lacks_permission"]);
      const made = server.deps.database.read
        .selectFrom("domains")
        .where("name", "=", "made by a token");
      expect(await made.select("id").execute()).toEqual([{ id: created.id }]);
    });

    test("the creator has the built-in admin role with every action", async () => {
      const id = await server.newDomain(ada);
      const { body } = await ada.call("GET", `/domains/${id}?roles=true`);
      const all = server.deps.catalogue.roleActions("domains");
      expect(body.member_id).toBe(ada.id);
      expect(body.roles).toEqual([
        {
          role_id: expect.stringMatching(/^domain_[0-9a-z]+$/),
          role_name: "admin",
          actions: all,
          access_provider_id: "",
          access_provider_path: "",
          access_type: "direct",
        },
      ]);
    });

    test("a route that is taken is a conflict that names it, and nothing is created", async () => {
      const { id, route } = await create(ada);
      const taken = { status: 409, body: { code: "already_exists", field: "route" } };
      for (const same of [route, route.toUpperCase(), `R${route.slice(1)}`]) {
        const again = await ada.call("POST", "/domains", { name: "x", route: same });
        expect(again).toMatchObject(taken);
      }
      const listed = await list(ada, "?limit=100&name=x");
      expect(listed.domains.map((domain: { id: string }) => domain.id)).not.toContain(id);
    });

    test("an id that is taken is a conflict that names it, to administrators of the platform", async () => {
      const { id } = await create(ada);
      const { admin } = server;
      const again = await admin.call("POST", "/domains", { id, name: "x", route: newRoute() });
      expect(again).toMatchObject({ status: 409, body: { code: "already_exists", field: "id" } });
      const chosen = randomUUID();
      expect((await create(admin, { id: chosen })).id).toBe(chosen);
    });

    test("others cannot choose the id, and learn nothing of the domains of strangers by trying", async () => {
      const { id } = await create(server.admin);
      const token = await server.newToken(ada, await server.newDomain(ada), ["domains:create"]);
      for (const caller of [ada, token]) {
        const answers = [];
        for (const tried of [id, randomUUID()]) {
          const body = { id: tried, name: "Chosen", route: newRoute() };
          const { status, body: told } = await caller.call("POST", "/domains", body);
          answers.push({ status, ...told, request_id: "" });
        }
        expect(answers[0]).toMatchObject({ status: 400, code: "invalid_body", field: "id" });
        expect(answers[1]).toEqual(answers[0]);
      }
      const mine = await list(ada, "?name=Chosen");
      expect(mine.total).toBe(0);
    });

    test("a route of another form is refused in words", async () => {
      const before = (await ada.call("GET", "/domains?limit=100")).body;
      const rule = "route: must be a letter followed by up to 35 letters, digits, single _ or -";
      for (const route of ["7x", "a b", "a__b", "", "a".repeat(37)]) {
        expect(await ada.call("POST", "/domains", { name: "Form", route })).toMatchObject({
          status: 400,
          body: { code: "invalid_body", field: "route", message: rule },
        });
      }
      const missing = await ada.call("POST", "/domains", { name: "Form" });
      expect(missing.body).toMatchObject({ code: "invalid_body", field: "route" });
      expect((await ada.call("GET", "/domains?limit=100")).body).toEqual(before);
    });

    test("a route is no id but the domain's own", async () => {
      const { id: other } = await create(ada);
      const { admin } = server;
      const own = randomUUID();
      const refused = { status: 400, body: { code: "invalid_body", field: "route" } };
      const letters = "abcdef12-8f0b-4c3d-9e7a-1b2c3d4e5f60";
      for (const route of [other, randomUUID(), letters, letters.toUpperCase()]) {
        for (const [caller, body] of [
          [ada, { name: "Alike", route }],
          [admin, { name: "Alike", route, id: own }],
        ] as const) {
          expect(await caller.call("POST", "/domains", body)).toMatchObject(refused);
        }
      }
      const named = await admin.call("GET", "/domains?name=Alike");
      expect(named.body.total).toBe(0);
      expect((await create(admin, { id: own, route: own })).route).toBe(own);
    });

    test("of those who want the same route at once, in any letters, one gets it", async () => {
      const route = newRoute();
      const replies = await Promise.all(
        [route, route.toUpperCase(), route].map((same) =>
          ada.call("POST", "/domains", { name: "Race", route: same }),
        ),
      );
      expect(replies.map(({ status }) => status).toSorted()).toEqual([201, 409, 409]);
    });

    test("a chosen id must be a UUID, name and route must be good", async () => {
      const good = { name: "Plant", route: newRoute() };
      const wrong = [
        { ...good, id: "plant" },
        { ...good, name: " " },
        { ...good, route: "7up" },
        { ...good, route: "a__b" },
        { name: "Plant" },
        { ...good, metadata: [] },
        { ...good, tags: [""] },
      ];
      for (const body of wrong) {
        expect((await ada.call("POST", "/domains", body)).body.code).toBe("invalid_body");
      }
    });

    test("a token with the scope in some domain creates for its owner; without it not", async () => {
      const domainId = await server.newDomain(ada);
      const token = await server.newToken(ada, domainId, ["domains:create"]);
      const { id } = await create(token);
      const { body } = await ada.call("GET", `/domains/${id}`);
      expect(body.created_by).toBe(ada.id);
      const other = await server.newToken(ada, domainId, ["domains:read"]);
      const refused = await other.call("POST", "/domains", { name: "x", route: newRoute() });
      expect(refused).toMatchObject({ status: 403, body: { code: "scope_missing" } });
    });
  });

  describe("changing", () => {
    test("what is absent stays, an empty name stays, metadata and tags are replaced", async () => {
      const { id, name, route } = await create(ada, {
        tags: ["a", "b"],
        metadata: { a: 1, b: 2 },
      });
      const path = `/domains/${id}`;
      requireStatus(await ada.call("PATCH", path, { name: "" }), 200);
      expect((await ada.call("GET", path)).body).toMatchObject({
        name,
        metadata: { a: 1, b: 2 },
      });
      const { body } = await ada.call("PATCH", path, {
        name: "Other",
        metadata: { c: 3 },
        tags: ["c"],
        route: "ignored",
        status: "disabled",
      });
      expect(body).toMatchObject({
        name: "Other",
        route,
        metadata: { c: 3 },
        tags: ["c"],
        status: "enabled",
        updated_by: ada.id,
      });
      expect(body.updated_at).not.toBe("0001-01-01T00:00:00Z");
      expect((await ada.call("GET", path)).body).toEqual(body);
      requireStatus(await ada.call("PATCH", path, { tags: [] }), 200);
      expect((await ada.call("GET", path)).body.tags).toEqual([]);
    });

    test("of a domain that is not there: 404 for administrators, 403 for others", async () => {
      for (const [method, path] of [
        ["GET", ""],
        ["PATCH", ""],
        ["POST", "/enable"],
        ["POST", "/disable"],
      ] as const) {
        const url = `/domains/${randomUUID()}${path}`;
        const body = method === "PATCH" ? { name: "x" } : undefined;
        expect((await server.admin.call(method, url, body)).status).toBe(404);
        expect((await ada.call(method, url, body)).status).toBe(403);
      }
      const frozen = await server.admin.call("POST", `/domains/${randomUUID()}/freeze`);
      expect(frozen.status).toBe(404);
    });

    test("each change leaves one record, a change that changes nothing none", async () => {
      const { id } = await create(ada);
      requireStatus(await ada.call("PATCH", `/domains/${id}`, { name: "Other" }), 200);
      requireStatus(await ada.call("POST", `/domains/${id}/disable`), 200);
      requireStatus(await ada.call("POST", `/domains/${id}/disable`), 200);
      requireStatus(await ada.call("POST", `/domains/${id}/enable`), 200);
      requireStatus(await server.admin.call("POST", `/domains/${id}/freeze`), 200);
      const events = await server.deps.database.read
        .selectFrom("audit_events")
        .select(["action", "actor_user_id", "entity_id"])
        .where("domain_id", "=", id)
        .orderBy("at")
        .execute();
      expect(events.map(({ action }) => action).toSorted()).toEqual([
        "domains.create",
        "domains.disable",
        "domains.enable",
        "domains.freeze",
        "domains.update",
      ]);
      expect(events.every(({ entity_id }) => entity_id === id)).toBe(true);
    });
  });

  describe("enabling, disabling and freezing", () => {
    test("disable and enable are repeatable and answer 200 with an empty body", async () => {
      const id = await server.newDomain(ada);
      for (const verb of ["disable", "disable", "enable", "enable"]) {
        const reply = await ada.call("POST", `/domains/${id}/${verb}`);
        expect(reply).toMatchObject({ status: 200, body: undefined });
        const { status } = (await ada.call("GET", `/domains/${id}`)).body;
        expect(status).toBe(`${verb}d`);
      }
    });

    test("a disabled domain opens to its admins only, from the next request on", async () => {
      const { domainId, member } = await domainWithMember();
      const path = `/domains/${domainId}`;
      requireStatus(await member.call("GET", path), 200);
      requireStatus(await ada.call("POST", `${path}/disable`), 200);
      expect(await member.call("GET", path)).toMatchObject({
        status: 403,
        body: { code: "domain_disabled" },
      });
      expect(await ada.call("PATCH", path, { name: "x" })).toMatchObject({
        status: 403,
        body: { code: "domain_disabled" },
      });
      requireStatus(await ada.call("POST", `${path}/enable`), 200);
      requireStatus(await member.call("GET", path), 200);
    });

    test("only the platform's administrators freeze; then only they look and thaw", async () => {
      const id = await server.newDomain(ada);
      const path = `/domains/${id}`;
      expect((await ada.call("POST", `${path}/freeze`)).status).toBe(403);
      expect(await server.admin.call("POST", `${path}/freeze`)).toMatchObject({
        status: 200,
        body: undefined,
      });
      for (const [method, more] of [
        ["GET", ""],
        ["POST", "/enable"],
        ["POST", "/disable"],
      ] as const) {
        expect(await ada.call(method, path + more)).toMatchObject({
          status: 403,
          body: { code: "domain_disabled" },
        });
      }
      expect((await server.admin.call("GET", path)).body.status).toBe("freezed");
      requireStatus(await server.admin.call("POST", `${path}/enable`), 200);
      expect((await ada.call("GET", path)).body.status).toBe("enabled");
    });

    test("no token freezes", async () => {
      const domainId = await server.newDomain(server.admin);
      const token = await server.newToken(server.admin, domainId, ["domains:disable"]);
      expect(await token.call("POST", `/domains/${domainId}/freeze`)).toMatchObject({
        status: 403,
        body: { code: "session_required" },
      });
    });
  });

  describe("listing", () => {
    test("shows the own domains with the own role, the platform's administrator all without one", async () => {
      const owner = await server.newUser();
      const mine = await server.newDomain(owner);
      const others = await server.newDomain(ada);
      const own = await list(owner);
      expect(own).toMatchObject({ total: 1, offset: 0, limit: 10 });
      expect(own.domains[0]).toMatchObject({
        id: mine,
        role_id: expect.stringMatching(/^domain_/),
        role_name: "admin",
        actions: server.deps.catalogue.roleActions("domains"),
      });
      for (const id of [mine, others]) {
        const { total, domains } = await list(server.admin, `?id=${id}`);
        expect(total).toBe(1);
        expect(domains[0]).not.toHaveProperty("role_id");
        expect(domains[0]).not.toHaveProperty("actions");
      }
    });

    test("hides a domain in which the own role allows nothing", async () => {
      const { domainId, member, roleId } = await domainWithMember();
      expect((await list(member)).total).toBe(1);
      const path = `/domains/${domainId}/roles/${roleId}/actions/delete-all`;
      requireStatus(await ada.call("POST", path), 204);
      expect((await list(member)).total).toBe(0);
    });

    test("shows a disabled domain to its admins, a frozen one to the platform's", async () => {
      const { domainId, member } = await domainWithMember();
      const query = `?status=all&id=${domainId}`;
      requireStatus(await ada.call("POST", `/domains/${domainId}/disable`), 200);
      expect((await list(ada, query)).total).toBe(1);
      expect((await list(ada, `?status=disabled&id=${domainId}`)).total).toBe(1);
      expect((await list(ada, `?id=${domainId}`)).total).toBe(0);
      expect((await list(member, query)).total).toBe(0);
      requireStatus(await server.admin.call("POST", `/domains/${domainId}/freeze`), 200);
      expect((await list(ada, query)).total).toBe(0);
      expect((await list(server.admin, query)).domains[0].status).toBe("freezed");
    });

    test("filters by name, id, tags, metadata and time", async () => {
      const owner = await server.newUser();
      const pump = await create(owner, {
        name: "Pump Hall",
        tags: ["a", "b"],
        metadata: { n: { x: 1, y: 2 } },
      });
      server.clock.now += 60_000;
      const tank = await create(owner, { name: "Tank 100%", tags: ["b", "c"] });
      const found = async (query: string) =>
        (await list(owner, `?${query}`)).domains.map(({ id }: { id: string }) => id).toSorted();
      const both = [pump.id, tank.id].toSorted();
      expect(await found("name=HALL")).toEqual([pump.id]);
      expect(await found("name=0%25")).toEqual([tank.id]);
      expect(await found("name=&id=&role_id=&role_name=&tags=")).toEqual(both);
      expect(await found(`id=${tank.id}`)).toEqual([tank.id]);
      expect(await found("id=nothing")).toEqual([]);
      expect(await found("tags=a")).toEqual([pump.id]);
      expect(await found("tags=a,c")).toEqual(both);
      expect(await found("tags=a%2Bb")).toEqual([pump.id]);
      expect(await found("tags=a%2Bc")).toEqual([]);
      expect(await found("tags=a%2Bc,c")).toEqual([tank.id]);
      expect(await found(`metadata=${encodeURIComponent('{"n":{"y":2}}')}`)).toEqual([pump.id]);
      expect(await found(`created_from=${tank.created_at}`)).toEqual([tank.id]);
      expect(await found(`created_to=${pump.created_at}`)).toEqual([pump.id]);
    });

    test("filters by the own role", async () => {
      const { domainId, member, roleId } = await domainWithMember();
      const own = await server.newDomain(member);
      const found = async (query: string) =>
        (await list(member, `?${query}`)).domains.map(({ id }: { id: string }) => id);
      expect(await found(`role_id=${roleId}`)).toEqual([domainId]);
      expect(await found("role_name=admin")).toEqual([own]);
      expect(await found("role_name=readers")).toEqual([domainId]);
      expect((await found("actions=read")).toSorted()).toEqual([domainId, own].toSorted());
      expect(await found("actions=read,client_delete")).toEqual([own]);
      expect(await member.call("GET", "/domains?actions=reed")).toMatchObject({
        status: 400,
        body: {
          code: "invalid_query",
          field: "actions",
          message: expect.stringContaining('"read"'),
        },
      });
      expect((await list(server.admin, "?role_name=readers")).total).toBe(0);
    });

    test("sorts and pages; total counts all matches", async () => {
      const owner = await server.newUser();
      const made: string[] = [];
      for (const name of ["b", "A", "c"]) {
        server.clock.now += 1_000;
        made.push((await create(owner, { name })).id);
      }
      server.clock.now += 1_000;
      requireStatus(await owner.call("PATCH", `/domains/${made[0]}`, { tags: ["t"] }), 200);
      const names = async (query: string) =>
        (await list(owner, `?${query}`)).domains.map(({ name }: { name: string }) => name);
      expect(await names("")).toEqual(["b", "c", "A"]);
      expect(await names("order=created_at&dir=asc")).toEqual(["b", "A", "c"]);
      expect(await names("order=name&dir=asc")).toEqual(["A", "b", "c"]);
      expect(await names("order=name&dir=desc&limit=1&offset=1")).toEqual(["b"]);
      expect(await list(owner, "?limit=1&offset=2")).toMatchObject({
        total: 3,
        offset: 2,
        limit: 1,
      });
      expect(await list(owner, "?only_total=true")).toMatchObject({ total: 3, domains: [] });
      expect(await list(owner, "?offset=9")).toMatchObject({ total: 3, domains: [] });
    });

    test("a token lists the domains that its list scopes name, as long as its owner may", async () => {
      const owner = await server.newUser();
      const [scoped, unscoped] = [await server.newDomain(owner), await server.newDomain(owner)];
      const token = await server.newToken(owner, scoped, ["domains:list"]);
      const other = await server.newToken(owner, unscoped, ["domains:read"]);
      expect((await list(token)).domains.map(({ id }: { id: string }) => id)).toEqual([scoped]);
      expect(await list(other)).toMatchObject({ total: 0, domains: [] });
      const ofUser = await token.call("GET", `/users/${owner.id}/domains`);
      expect(ofUser.body.domains.map(({ id }: { id: string }) => id)).toEqual([scoped]);
      requireStatus(await server.admin.call("POST", `/domains/${scoped}/freeze`), 200);
      expect((await list(token, "?status=all")).total).toBe(0);
    });

    test("of a user is for that user and administrators", async () => {
      const owner = await server.newUser();
      const id = await server.newDomain(owner);
      const path = `/users/${owner.id}/domains`;
      for (const caller of [owner, server.admin]) {
        const { body } = await caller.call("GET", path);
        expect(body).toMatchObject({ total: 1, domains: [{ id, role_name: "admin" }] });
      }
      expect(await ada.call("GET", path)).toMatchObject({
        status: 403,
        body: { code: "owner_lacks_permission" },
      });
      const unknown = await server.admin.call("GET", `/users/${randomUUID()}/domains`);
      expect(unknown.status).toBe(404);
      const ofAdmin = await server.admin.call("GET", `/users/${server.admin.id}/domains?id=${id}`);
      expect(ofAdmin.body.total).toBe(1);
    });
  });

  async function list(caller: Caller, query = "") {
    return requireStatus(await caller.call("GET", `/domains${query}`), 200);
  }

  async function create(caller: Caller, members: object = {}) {
    const body = { name: "Plant", route: newRoute(), ...members };
    return requireStatus(await caller.call("POST", "/domains", body), 201);
  }

  /** A domain of Ada's with somebody who may only read it. */
  async function domainWithMember() {
    const domainId = await server.newDomain(ada);
    const member = await server.newUser();
    const role = await ada.call("POST", `/domains/${domainId}/roles`, {
      role_name: "readers",
      optional_actions: ["read"],
      optional_members: [member.id],
    });
    return { domainId, member, roleId: requireStatus(role, 201).id };
  }
});

function newRoute(): string {
  return `r${randomUUID().slice(0, 13)}`;
}
