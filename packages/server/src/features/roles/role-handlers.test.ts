import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { onEveryDatabase } from "../../testing/on-every-database.ts";
import {
  type Caller,
  requireStatus,
  startApp,
  type TestApp,
  type TestResponse,
  type TestUser,
} from "../../testing/start-app.ts";

onEveryDatabase("roles", (kind) => {
  let server: TestApp;
  let ada: TestUser;

  beforeAll(async () => {
    server = await startApp(kind);
    ada = await server.newUser();
  });
  afterAll(() => server.close());

  for (const type of ["domains", "groups", "clients", "channels"] as const) {
    describe(`of ${type}`, () => {
      test("the available actions are the catalogue's, for anyone signed in", async () => {
        const { path } = await newObject(type);
        const collection = type === "domains" ? "/domains" : path.slice(0, path.lastIndexOf("/"));
        const stranger = await server.newUser();
        const { body } = await stranger.call("GET", `${collection}/roles/available-actions`);
        expect(body.available_actions).toEqual(server.deps.catalogue.roleActions(type));
        const token = await server.newToken(ada, await server.newDomain(ada), ["domains:read"]);
        expect(await token.call("GET", `${collection}/roles/available-actions`)).toMatchObject({
          status: 403,
          body: { code: "session_required" },
        });
      });

      test("a role is added, seen, renamed and removed", async () => {
        const { path, id, domainId } = await newObject(type);
        const bob = await newMember(domainId, type);
        const added = await ada.call("POST", `${path}/roles`, {
          role_name: "readers",
          optional_actions: ["read"],
          optional_members: [bob.id],
        });
        const { optional_actions, optional_members, ...role } = requireStatus(added, 201);
        expect(role).toEqual({
          id: expect.stringMatching(new RegExp(`^${type.slice(0, -1)}_[0-9a-z]+$`)),
          name: "readers",
          entity_id: id,
          built_in: false,
          created_by: ada.id,
          created_at: expect.stringMatching(/Z$/),
          updated_by: "",
          updated_at: "0001-01-01T00:00:00Z",
        });
        expect([optional_actions, optional_members]).toEqual([["read"], [bob.id]]);
        const rolePath = `${path}/roles/${role.id}`;
        expect((await ada.call("GET", rolePath)).body).toEqual(role);
        const listed = await ada.call("GET", `${path}/roles`);
        expect(listed.body).toMatchObject({ total: 2, offset: 0, limit: 10 });
        expect(listed.body.roles.map(({ name }: { name: string }) => name)).toEqual([
          "admin",
          "readers",
        ]);
        expect(listed.body.roles[0].built_in).toBe(true);
        const renamed = await ada.call("PUT", rolePath, { name: "lookers" });
        expect(renamed.body).toMatchObject({
          ...role,
          name: "lookers",
          updated_by: ada.id,
          updated_at: expect.any(String),
        });
        requireStatus(await ada.call("DELETE", rolePath), 204);
        expect((await ada.call("GET", rolePath)).status).toBe(404);
        expect((await ada.call("GET", `${path}/roles`)).body.total).toBe(1);
      });

      test("what was not sent at creation is null in the reply", async () => {
        const { path } = await newObject(type);
        const { body } = await ada.call("POST", `${path}/roles`, { role_name: "empty" });
        expect(body).toMatchObject({ optional_actions: null, optional_members: null });
      });

      test("names are unique per object", async () => {
        const { path } = await newObject(type);
        const { id } = await addRole(path, "readers");
        const again = await ada.call("POST", `${path}/roles`, { role_name: "readers" });
        expect(again).toMatchObject({
          status: 409,
          body: { code: "already_exists", field: "role_name" },
        });
        const renamed = await ada.call("PUT", `${path}/roles/${id}`, { name: "admin" });
        expect(renamed).toMatchObject({
          status: 409,
          body: { code: "already_exists", field: "name" },
        });
        await addRole((await newObject(type)).path, "readers");
      });

      test("actions are added, listed and taken away", async () => {
        const { path } = await newObject(type);
        const role = await addRole(path, "readers", ["read"]);
        const actions = `${path}/roles/${role.id}/actions`;
        const added = await ada.call("POST", actions, { actions: ["update", "read"] });
        expect(added).toMatchObject({ status: 200, body: { actions: ["update", "read"] } });
        expect((await ada.call("GET", actions)).body.actions.toSorted()).toEqual([
          "read",
          "update",
        ]);
        requireStatus(await ada.call("POST", `${actions}/delete`, { actions: ["read"] }), 204);
        expect((await ada.call("GET", actions)).body).toEqual({ actions: ["update"] });
        requireStatus(await ada.call("POST", `${actions}/delete-all`), 204);
        expect((await ada.call("GET", actions)).body).toEqual({ actions: [] });
      });

      test("an unknown action is refused with the nearest", async () => {
        const { path } = await newObject(type);
        const role = await addRole(path, "readers", ["read"]);
        const refusals = [
          await ada.call("POST", `${path}/roles`, { role_name: "x", optional_actions: ["reed"] }),
          await ada.call("POST", `${path}/roles/${role.id}/actions`, {
            actions: ["read", "reed"],
          }),
          await ada.call("POST", `${path}/roles/${role.id}/actions/delete`, {
            actions: ["reed"],
          }),
        ];
        expect(refusals.map(({ status, body }) => [status, body.field])).toEqual([
          [400, "optional_actions.0"],
          [400, "actions.1"],
          [400, "actions.0"],
        ]);
        for (const { body } of refusals) expect(body.message).toContain('did you mean "read"?');
        expect((await ada.call("GET", `${path}/roles`)).body.total).toBe(2);
      });

      test("people are put in, listed and taken out", async () => {
        const { path, domainId } = await newObject(type);
        const people = [await newMember(domainId, type), await newMember(domainId, type)];
        const ids = people.map(({ id }) => id).toSorted();
        const role = await addRole(path, "readers", ["read"]);
        const members = `${path}/roles/${role.id}/members`;
        const added = await ada.call("POST", members, { members: [...ids, ids[0]] });
        expect(added.status).toBe(200);
        expect((await ada.call("GET", members)).body).toEqual({
          total: 2,
          offset: 0,
          limit: 10,
          members: ids,
        });
        expect((await ada.call("GET", `${members}?limit=1&offset=1`)).body).toMatchObject({
          total: 2,
          members: [ids[1]],
        });
        requireStatus(
          await ada.call("POST", `${members}/delete`, { members: [ids[0], randomUUID()] }),
          204,
        );
        expect((await ada.call("GET", members)).body.members).toEqual([ids[1]]);
        requireStatus(await ada.call("POST", `${members}/delete-all`), 204);
        expect((await ada.call("GET", members)).body.members).toEqual([]);
      });

      test("nobody has two roles on one object, and nothing is added with the one who has", async () => {
        const { path, domainId } = await newObject(type);
        const [bob, eve] = [await newMember(domainId, type), await newMember(domainId, type)];
        await addRole(path, "readers", ["read"], [bob]);
        const writers = await addRole(path, "writers", ["update"]);
        const members = `${path}/roles/${writers.id}/members`;
        const refused = await ada.call("POST", members, { members: [eve.id, bob.id] });
        expect(refused).toMatchObject({
          status: 409,
          body: { code: "already_exists", field: "members.1" },
        });
        expect((await ada.call("GET", members)).body.members).toEqual([]);
        const created = await ada.call("POST", `${path}/roles`, {
          role_name: "x",
          optional_members: [bob.id],
        });
        expect(created).toMatchObject({ status: 409, body: { field: "optional_members.0" } });
      });

      test("people are given another role in one step, and nobody who has none here", async () => {
        const { path, domainId } = await newObject(type);
        const [bob, eve] = [await newMember(domainId, type), await newMember(domainId, type)];
        const readers = await addRole(path, "readers", ["read"], [bob]);
        const writers = await addRole(path, "writers", ["read", "update"]);
        const membersOf = async (roleId: string) =>
          (await ada.call("GET", `${path}/roles/${roleId}/members`)).body.members;
        const move = `${path}/roles/${writers.id}/members/move`;
        expect(await ada.call("POST", move, { members: [bob.id, eve.id] })).toMatchObject({
          status: 409,
          body: { code: "conflict", field: "members.1" },
        });
        expect([await membersOf(readers.id), await membersOf(writers.id)]).toEqual([[bob.id], []]);
        const moved = await ada.call("POST", move, { members: [bob.id] });
        expect(requireStatus(moved, 200)).toEqual({ members: [bob.id] });
        expect([await membersOf(readers.id), await membersOf(writers.id)]).toEqual([[], [bob.id]]);
        expect((await bob.call("GET", path)).status).toBe(200);
      });

      test("another role is given by nobody who may only take away, nor with more than they hold", async () => {
        const { path, domainId } = await newObject(type);
        const [bob, eve] = [await newMember(domainId, type), await newMember(domainId, type)];
        const readers = await addRole(path, "readers", ["read"], [bob]);
        const none = await addRole(path, "none", []);
        const takers = await addRole(path, "takers", ["read", "remove_role_users"], [eve]);
        const move = (roleId: string) =>
          eve.call("POST", `${path}/roles/${roleId}/members/move`, { members: [bob.id] });
        expect(await move(none.id)).toMatchObject({
          status: 403,
          body: { code: "owner_lacks_permission" },
        });
        const allow = { actions: ["add_role_users"] };
        requireStatus(await ada.call("POST", `${path}/roles/${takers.id}/actions`, allow), 200);
        expect((await move((await builtInRole(path)).id)).status).toBe(403);
        const { members } = (await ada.call("GET", `${path}/roles/${readers.id}/members`)).body;
        expect(members).toEqual([bob.id]);
        requireStatus(await move(none.id), 200);
      });

      test("unknown, disabled and deleted people are refused by name", async () => {
        const { path, domainId } = await newObject(type);
        const [disabled, deleted] = [
          await newMember(domainId, type),
          await newMember(domainId, type),
        ];
        requireStatus(await server.admin.call("POST", `/users/${disabled.id}/disable`), 200);
        requireStatus(await server.admin.call("DELETE", `/users/${deleted.id}`), 204);
        const role = await addRole(path, "readers", ["read"]);
        for (const id of [randomUUID(), disabled.id, deleted.id]) {
          const refused = await ada.call("POST", `${path}/roles/${role.id}/members`, {
            members: [id],
          });
          expect(refused).toMatchObject({
            status: 400,
            body: { code: "invalid_body", field: "members.0" },
          });
        }
      });

      test("the built-in role cannot be renamed, emptied of actions or removed", async () => {
        const { path } = await newObject(type);
        const admin = await builtInRole(path);
        const rolePath = `${path}/roles/${admin.id}`;
        const refusals = [
          await ada.call("PUT", rolePath, { name: "boss" }),
          await ada.call("DELETE", rolePath),
          await ada.call("POST", `${rolePath}/actions/delete`, { actions: ["read"] }),
          await ada.call("POST", `${rolePath}/actions/delete-all`),
        ];
        for (const { status, body } of refusals) {
          expect([status, body.code]).toEqual([403, "protected_role"]);
        }
        const actions = server.deps.catalogue.roleActions(type);
        expect((await ada.call("GET", `${rolePath}/actions`)).body).toEqual({ actions });
        requireStatus(await ada.call("POST", `${rolePath}/actions`, { actions: ["read"] }), 200);
        expect((await ada.call("GET", rolePath)).body.name).toBe("admin");
      });

      test("the role of another object is not found", async () => {
        const [here, there] = [await newObject(type), await newObject(type)];
        const other = await addRole(there.path, "readers", ["read"]);
        const rolePath = `${here.path}/roles/${other.id}`;
        const replies = [
          await ada.call("GET", rolePath),
          await ada.call("PUT", rolePath, { name: "x" }),
          await ada.call("DELETE", rolePath),
          await ada.call("GET", `${rolePath}/actions`),
          await ada.call("POST", `${rolePath}/actions`, { actions: ["read"] }),
          await ada.call("POST", `${rolePath}/actions/delete`, { actions: ["read"] }),
          await ada.call("POST", `${rolePath}/actions/delete-all`),
          await ada.call("GET", `${rolePath}/members`),
          await ada.call("POST", `${rolePath}/members`, { members: [ada.id] }),
          await ada.call("POST", `${rolePath}/members/move`, { members: [ada.id] }),
          await ada.call("POST", `${rolePath}/members/delete`, { members: [ada.id] }),
          await ada.call("POST", `${rolePath}/members/delete-all`),
        ];
        expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 404));
        expect((await ada.call("GET", `${there.path}/roles/${other.id}`)).status).toBe(200);
      });

      test("on an object that is not there: 404 to who could see it", async () => {
        const { domainId } = await newObject(type);
        const unknown =
          type === "domains" ? `/domains/${randomUUID()}` : `/${domainId}/${type}/${randomUUID()}`;
        const caller = type === "domains" ? server.admin : ada;
        const replies = [
          await caller.call("GET", `${unknown}/roles`),
          await caller.call("POST", `${unknown}/roles`, { role_name: "x" }),
          await caller.call("GET", `${unknown}/roles/members`),
          await caller.call("DELETE", `${unknown}/roles`, { member_ids: [ada.id] }),
        ];
        expect(replies.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
      });

      test("a role given or taken is felt at the next request", async () => {
        const { path, domainId } = await newObject(type);
        const bob = await newMember(domainId, type);
        expect((await bob.call("GET", path)).status).toBe(403);
        const role = await addRole(path, "readers", ["read"], [bob]);
        expect((await bob.call("GET", path)).status).toBe(200);
        const rolePath = `${path}/roles/${role.id}`;
        requireStatus(await ada.call("POST", `${rolePath}/actions/delete-all`), 204);
        expect((await bob.call("GET", path)).status).toBe(403);
        requireStatus(await ada.call("POST", `${rolePath}/actions`, { actions: ["read"] }), 200);
        expect((await bob.call("GET", path)).status).toBe(200);
        requireStatus(
          await ada.call("POST", `${rolePath}/members/delete`, { members: [bob.id] }),
          204,
        );
        expect((await bob.call("GET", path)).status).toBe(403);
      });

      test("who loses a role is recorded, and nobody who had none", async () => {
        const { path, domainId } = await newObject(type);
        const bob = await newMember(domainId, type);
        const role = await addRole(path, "readers", ["read"], [bob]);
        const strangers = Array.from({ length: 20 }, () => randomUUID());
        const remove = [
          () => ada.call("DELETE", `${path}/roles`, { member_ids: strangers }),
          () =>
            ada.call("POST", `${path}/roles/${role.id}/members/delete`, {
              members: [...strangers, bob.id],
            }),
        ];
        for (const call of remove) requireStatus(await call(), 204);
        const events = await server.deps.database.read
          .selectFrom("audit_events")
          .select("details")
          .where("domain_id", "=", domainId)
          .where("action", "like", `${type}.roles.remove_members%`)
          .execute();
        const named = events.map(({ details }) => JSON.parse(details).members);
        expect(named).toHaveLength(2);
        expect(named).toEqual(expect.arrayContaining([[], [bob.id]]));
      });

      test("every change is recorded with the role and the people", async () => {
        const { path, domainId } = await newObject(type);
        const bob = await newMember(domainId, type);
        const role = await addRole(path, "readers", ["read"]);
        const rolePath = `${path}/roles/${role.id}`;
        requireStatus(await ada.call("POST", `${rolePath}/members`, { members: [bob.id] }), 200);
        requireStatus(await ada.call("DELETE", `${path}/roles`, { member_ids: [bob.id] }), 204);
        requireStatus(await ada.call("DELETE", rolePath), 204);
        const events = await server.deps.database.read
          .selectFrom("audit_events")
          .select(["action", "details", "actor_user_id", "entity_type"])
          .where("domain_id", "=", domainId)
          .where("action", "like", `${type}.roles.%`)
          .where("details", "like", `%${role.id}%`)
          .orderBy("at")
          .execute();
        expect(events.map(({ action }) => action).toSorted()).toEqual([
          `${type}.roles.add`,
          `${type}.roles.add_members`,
          `${type}.roles.remove`,
        ]);
        const put = events.find(({ action }) => action.endsWith("add_members"));
        expect(JSON.parse(put?.details ?? "")).toEqual({ role_id: role.id, members: [bob.id] });
        expect(put).toMatchObject({ actor_user_id: ada.id, entity_type: type });
      });

      test("no token manages roles", async () => {
        const { path, domainId } = await newObject(type);
        const token = await server.newToken(ada, domainId, ["domains:update", "domains:read"]);
        const replies = [
          await token.call("GET", `${path}/roles`),
          await token.call("POST", `${path}/roles`, { role_name: "x" }),
          await token.call("DELETE", `${path}/roles`, { member_ids: [ada.id] }),
        ];
        for (const { status, body } of replies) {
          expect([status, body.code]).toEqual([403, "session_required"]);
        }
      });

      test("each right of its own: manage, look, put in, take out", async () => {
        const { path, domainId } = await newObject(type);
        const bob = await newMember(domainId, type);
        const role = await addRole(path, "bobs", ["read"], [bob]);
        const other = await addRole(path, "others");
        const actions = `${path}/roles/${role.id}/actions`;
        const attempts: Record<string, () => Promise<TestResponse>> = {
          manage_role: () => bob.call("PUT", `${path}/roles/${other.id}`, { name: "others" }),
          view_role_users: () => bob.call("GET", `${path}/roles/members`),
          add_role_users: () =>
            bob.call("POST", `${path}/roles/${other.id}/members`, { members: [ada.id] }),
          remove_role_users: () =>
            bob.call("POST", `${path}/roles/${other.id}/members/delete`, { members: [ada.id] }),
        };
        for (const [action, attempt] of Object.entries(attempts)) {
          expect([action, (await attempt()).status]).toEqual([action, 403]);
          requireStatus(await ada.call("POST", actions, { actions: [action] }), 200);
          // Ada has a role already: whoever may put people in hears of that.
          const allowed =
            action === "add_role_users"
              ? 409
              : action === "manage_role" || action === "view_role_users"
                ? 200
                : 204;
          expect([action, (await attempt()).status]).toEqual([action, allowed]);
          requireStatus(await ada.call("POST", `${actions}/delete`, { actions: [action] }), 204);
        }
      });
    });
  }

  test("roles within a domain are for its members", async () => {
    const { path } = await newObject("clients");
    const stranger = await server.newUser();
    const refused = await ada.call("POST", `${path}/roles`, {
      role_name: "readers",
      optional_members: [ada.id, stranger.id].toReversed(),
    });
    expect(refused).toMatchObject({
      status: 400,
      body: { code: "invalid_body", field: "optional_members.0" },
    });
  });

  describe("leaving a domain", () => {
    test("the last administrator cannot be removed, by no way", async () => {
      const domainId = await server.newDomain(ada);
      const path = `/domains/${domainId}`;
      const admin = await builtInRole(path);
      const members = `${path}/roles/${admin.id}/members`;
      const bob = await newMember(domainId, "domains");
      const others = await addRole(path, "others", ["read"]);
      const ways = () => [
        ada.call("POST", `${path}/roles/${others.id}/members/move`, { members: [ada.id] }),
        ada.call("POST", `${members}/delete`, { members: [ada.id] }),
        ada.call("POST", `${members}/delete-all`),
        server.admin.call("DELETE", `${path}/roles`, { member_ids: [ada.id] }),
      ];
      for (const { status, body } of await Promise.all(ways())) {
        expect([status, body.code]).toEqual([403, "protected_role"]);
      }
      requireStatus(await ada.call("POST", members, { members: [bob.id] }), 200);
      requireStatus(await ada.call("POST", `${members}/delete`, { members: [ada.id] }), 204);
      expect((await ada.call("GET", path)).status).toBe(403);
      expect((await bob.call("GET", `${members}`)).body.members).toEqual([bob.id]);
    });

    test("two administrators who remove each other at once: one stays", async () => {
      const domainId = await server.newDomain(ada);
      const path = `/domains/${domainId}`;
      const members = `${path}/roles/${(await builtInRole(path)).id}/members`;
      const bob = await newMember(domainId, "domains");
      requireStatus(await ada.call("POST", members, { members: [bob.id] }), 200);
      await Promise.all([
        ada.call("POST", `${members}/delete`, { members: [bob.id] }),
        bob.call("POST", `${members}/delete`, { members: [ada.id] }),
      ]);
      expect((await server.admin.call("GET", members)).body.total).toBe(1);
    });

    for (const way of [
      "remove_members",
      "remove_all_members",
      "remove_members_from_all",
      "remove",
    ]) {
      test(`by ${way} takes the roles on its objects and the invitation along`, async () => {
        const { path, domainId } = await newObject("clients");
        const domain = `/domains/${domainId}`;
        const bob = await server.newUser();
        const role = await addRole(domain, "readers", ["client_read", "read"]);
        requireStatus(
          await ada.call("POST", `${domain}/invitations`, {
            invitee_user_id: bob.id,
            role_id: role.id,
          }),
          201,
        );
        requireStatus(await bob.call("POST", "/invitations/accept", { domain_id: domainId }), 204);
        await addRole(path, "writers", ["update"], [bob]);
        requireStatus(await bob.call("PATCH", path, { name: "pump" }), 200);
        const rolePath = `${domain}/roles/${role.id}`;
        const left = {
          remove_members: () =>
            ada.call("POST", `${rolePath}/members/delete`, { members: [bob.id] }),
          remove_all_members: () => ada.call("POST", `${rolePath}/members/delete-all`),
          remove_members_from_all: () =>
            ada.call("DELETE", `${domain}/roles`, { member_ids: [bob.id] }),
          remove: () => ada.call("DELETE", rolePath),
        }[way];
        requireStatus((await left?.()) ?? expect.fail(way), 204);
        expect((await bob.call("PATCH", path, { name: "pump" })).status).toBe(403);
        const remaining = await server.deps.database.read
          .selectFrom("role_members")
          .select("entity_type")
          .where("user_id", "=", bob.id)
          .execute();
        expect(remaining).toEqual([]);
        expect((await bob.call("GET", "/invitations")).body.total).toBe(0);
      });
    }

    test("leaving a client's role leaves all else", async () => {
      const { path, domainId } = await newObject("clients");
      const bob = await newMember(domainId, "clients", ["read"]);
      const role = await addRole(path, "writers", ["update"], [bob]);
      requireStatus(await ada.call("DELETE", `${path}/roles/${role.id}`), 204);
      expect((await bob.call("GET", `/domains/${domainId}`)).status).toBe(200);
    });
  });

  describe("who reaches an object", () => {
    test("of a client: by its own roles, its group's, the groups' above, the domain's", async () => {
      const { domainId } = await newObject("domains");
      const top = await addObject(domainId, "groups");
      const group = await addObject(domainId, "groups", { parent_id: top.id });
      const client = await addObject(domainId, "clients", { parent_group_id: group.id });
      const bob = await newMember(domainId, "clients", ["client_update"]);
      const eve = await newMember(domainId, "clients", ["channel_read"]);
      const zoe = await newMember(domainId, "clients", ["read"]);
      const own = await addRole(client.path, "own", ["read", "delete"], [bob]);
      await addRole(client.path, "empty", [], [eve]);
      const near = await addRole(group.path, "near", ["client_read"], [bob]);
      await addRole(group.path, "elsewhere", ["subgroup_client_read", "client_create"], [zoe]);
      const far = await addRole(top.path, "far", ["subgroup_client_delete"], [bob, eve]);
      const { body } = await ada.call("GET", `${client.path}/roles/members?dir=asc`);
      const ids = [ada.id, bob.id, eve.id].toSorted();
      expect(body).toMatchObject({ total: 3, offset: 0, limit: 10 });
      expect(body.members.map((member: { member_id: string }) => member.member_id)).toEqual(ids);
      const waysOf = (id: string) =>
        body.members.find((member: { member_id: string }) => member.member_id === id).roles;
      expect(waysOf(bob.id)).toEqual([
        entry(own, ["read", "delete"], "direct", "", ""),
        entry(near, ["client_read"], "direct_group", group.id, `${top.id}.${group.id}`),
        entry(far, ["subgroup_client_delete"], "indirect_group", top.id, top.id),
        {
          ...entry(
            { id: expect.any(String), name: expect.any(String) },
            ["client_update"],
            "domain",
            domainId,
            "",
          ),
        },
      ]);
      expect(waysOf(eve.id)).toEqual([
        entry(far, ["subgroup_client_delete"], "indirect_group", top.id, top.id),
      ]);
      const types = waysOf(ada.id).map((way: { access_type: string }) => way.access_type);
      expect(types).toEqual(["direct", "direct_group", "indirect_group", "domain"]);

      const found = async (query: string) => {
        const filtered = await ada.call("GET", `${client.path}/roles/members?${query}`);
        return filtered.body.members
          .map((member: { member_id: string }) => member.member_id)
          .toSorted();
      };
      expect(await found(`role_id=${own.id}`)).toEqual([bob.id]);
      expect(await found("role_name=far")).toEqual([bob.id, eve.id].toSorted());
      expect(await found("access_type=direct_group")).toEqual([ada.id, bob.id].toSorted());
      expect(await found(`access_provider_id=${top.id}`)).toEqual(ids);
      expect(await found("actions=read,delete")).toEqual([ada.id, bob.id].toSorted());
      expect(await found("actions=nothing")).toEqual([]);
      expect(await found(`actions=${"read,delete,".repeat(1000)}`)).toEqual(
        [ada.id, bob.id].toSorted(),
      );
      const paged = await ada.call("GET", `${client.path}/roles/members?dir=desc&limit=1&offset=1`);
      expect(paged.body).toMatchObject({ total: 3, members: [{ member_id: ids[1] }] });
    });

    test("of a group: its parent's and the groups' above by their subgroup actions", async () => {
      const { domainId } = await newObject("domains");
      const top = await addObject(domainId, "groups");
      const middle = await addObject(domainId, "groups", { parent_id: top.id });
      const group = await addObject(domainId, "groups", { parent_id: middle.id });
      const bob = await newMember(domainId, "groups", ["group_read"]);
      await addRole(group.path, "own", ["read"], [bob]);
      await addRole(middle.path, "near", ["subgroup_read"], [bob]);
      await addRole(top.path, "far", ["subgroup_update"], [bob]);
      const { body } = await ada.call("GET", `${group.path}/roles/members?role_name=near`);
      expect(body.members).toEqual([
        {
          member_id: bob.id,
          roles: [
            entry(
              { id: expect.any(String), name: "near" },
              ["subgroup_read"],
              "direct_group",
              middle.id,
              `${top.id}.${middle.id}`,
            ),
          ],
        },
      ]);
      const all = await ada.call("GET", `${group.path}/roles/members`);
      const bobs = all.body.members.find(
        (member: { member_id: string }) => member.member_id === bob.id,
      );
      expect(bobs.roles.map((way: { access_type: string }) => way.access_type)).toEqual([
        "direct",
        "direct_group",
        "indirect_group",
        "domain",
      ]);
      expect(bobs.roles[0]).toMatchObject({
        access_provider_id: group.id,
        access_provider_path: `${top.id}.${middle.id}.${group.id}`,
      });
    });

    test("of a domain: whoever has a role that allows something", async () => {
      const { path, domainId } = await newObject("domains");
      const bob = await newMember(domainId, "domains", ["client_read"]);
      await newMember(domainId, "domains", []);
      const { body } = await ada.call("GET", `${path}/roles/members`);
      expect(
        body.members.map((member: { member_id: string }) => member.member_id).toSorted(),
      ).toEqual([ada.id, bob.id].toSorted());
    });
  });

  interface RoleOf {
    readonly id: string;
    readonly name: string;
  }

  function entry(
    role: RoleOf,
    actions: readonly string[],
    type: string,
    provider: string,
    path: string,
  ) {
    const inOrder = server.deps.catalogue.entityTypes
      .flatMap(({ name }) => server.deps.catalogue.roleActions(name))
      .filter((action, index, all) => actions.includes(action) && all.indexOf(action) === index);
    return {
      role_id: role.id,
      role_name: role.name,
      actions: inOrder,
      access_provider_id: provider,
      access_provider_path: path,
      access_type: type,
    };
  }

  /** A new domain of Ada's with a new object in it, or the domain itself. */
  async function newObject(type: "domains" | "groups" | "clients" | "channels") {
    const domainId = await server.newDomain(ada);
    if (type === "domains") return { domainId, id: domainId, path: `/domains/${domainId}` };
    return { domainId, ...(await addObject(domainId, type)) };
  }

  async function addObject(domainId: string, type: string, members: object = {}) {
    const body = { name: type, ...members };
    const { id } = requireStatus(await ada.call("POST", `/${domainId}/${type}`, body), 201);
    return { id: id as string, path: `/${domainId}/${type}/${id}` };
  }

  /** Somebody new: on roles of a domain still without one, else with one that does not allow to look at objects. */
  async function newMember(
    domainId: string,
    type: string,
    actions: readonly string[] | undefined = type === "domains" ? undefined : ["delete"],
  ): Promise<TestUser> {
    const user = await server.newUser();
    if (actions !== undefined) {
      await addRole(`/domains/${domainId}`, `member ${user.id}`, actions, [user]);
    }
    return user;
  }

  async function addRole(
    path: string,
    name: string,
    actions: readonly string[] = [],
    members: readonly TestUser[] = [],
    caller: Caller = ada,
  ): Promise<RoleOf> {
    const role = await caller.call("POST", `${path}/roles`, {
      role_name: name,
      optional_actions: actions,
      optional_members: members.map(({ id }) => id),
    });
    return requireStatus(role, 201);
  }

  async function builtInRole(path: string): Promise<RoleOf> {
    return (await ada.call("GET", `${path}/roles`)).body.roles[0];
  }
});
