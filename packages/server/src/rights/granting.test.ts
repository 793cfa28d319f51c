import { afterAll, beforeAll, expect, test } from "vitest";
import { onEveryDatabase } from "../testing/on-every-database.ts";
import {
  type Caller,
  requireStatus,
  startApp,
  type TestApp,
  type TestResponse,
  type TestUser,
} from "../testing/start-app.ts";

onEveryDatabase("no one grants more than they hold", (kind) => {
  let server: TestApp;
  let ada: TestUser;

  beforeAll(async () => {
    server = await startApp(kind);
    ada = await server.newUser();
  });
  afterAll(() => server.close());

  test("a role manager writes only actions of their own into a role", async () => {
    const { path, bob, bobsRole } = await domainWithManager();
    const own = `${path}/roles/${bobsRole}/actions`;
    expectRefused(
      await bob.call("POST", own, { actions: ["client_read", "client_delete"] }),
      "client_delete",
    );
    expectRefused(
      await bob.call("POST", `${path}/roles`, { role_name: "x", optional_actions: ["delete"] }),
      "delete",
    );
    expect((await ada.call("GET", own)).body.actions).not.toContain("client_delete");
    expect((await ada.call("GET", `${path}/roles`)).body.total).toBe(2);
    const made = await bob.call("POST", `${path}/roles`, {
      role_name: "readers",
      optional_actions: ["client_read"],
    });
    const added = await bob.call("POST", `${path}/roles/${requireStatus(made, 201).id}/actions`, {
      actions: ["read", "manage_role"],
    });
    expect(added.status).toBe(200);
  });

  test("nobody is put into a role that allows more than the one who puts them there may do", async () => {
    const { path, bob, eve } = await domainWithManager();
    const strong = await addRole(ada, path, "strong", ["client_read", "client_delete"]);
    const weak = await addRole(ada, path, "weak", ["client_read"]);
    const { id: admin } = (await ada.call("GET", `${path}/roles`)).body.roles[0];
    const members = { members: [eve.id] };
    expectRefused(
      await bob.call("POST", `${path}/roles/${strong}/members`, members),
      "client_delete",
    );
    expectRefused(await bob.call("POST", `${path}/roles/${admin}/members`, members), "update");
    expect((await eve.call("GET", path)).status).toBe(403);
    expect((await bob.call("POST", `${path}/roles/${weak}/members`, members)).status).toBe(200);
  });

  test("a right that was taken away cannot be given any more", async () => {
    const { path, bob, bobsRole } = await domainWithManager();
    const taken = { actions: ["client_read"] };
    requireStatus(await ada.call("POST", `${path}/roles/${bobsRole}/actions/delete`, taken), 204);
    const body = { role_name: "x", optional_actions: ["client_read"] };
    expectRefused(await bob.call("POST", `${path}/roles`, body), "client_read");
  });

  test("on an object, rights that come from the domain or from groups count like its own", async () => {
    const { domainId, path, bob, bobsRole } = await domainWithManager();
    const group = await addObject(domainId, "groups", {});
    const client = await addObject(domainId, "clients", { parent_group_id: group.id });
    await addRole(ada, client.path, "managers", ["manage_role", "update"], [bob]);
    const give = (name: string, actions: readonly string[]) =>
      bob.call("POST", `${client.path}/roles`, { role_name: name, optional_actions: actions });
    expect((await give("by its own role", ["update"])).status).toBe(201);
    expect((await give("by the domain's", ["read"])).status).toBe(201);
    expectRefused(await give("x", ["delete"]), "delete");
    await addRole(ada, group.path, "tidiers", ["client_delete"], [bob]);
    expect((await give("by the group's", ["delete"])).status).toBe(201);
    const lost = { actions: ["client_read"] };
    requireStatus(await ada.call("POST", `${path}/roles/${bobsRole}/actions/delete`, lost), 204);
    expectRefused(await give("y", ["read"]), "read");
  });

  test("on a group, a right on all clients of the domain is one on the group's", async () => {
    const { domainId, bob } = await domainWithManager();
    const group = await addObject(domainId, "groups", {});
    await addRole(ada, group.path, "managers", ["manage_role"], [bob]);
    const give = (name: string, actions: readonly string[]) =>
      bob.call("POST", `${group.path}/roles`, { role_name: name, optional_actions: actions });
    expect((await give("readers", ["client_read", "subgroup_client_read"])).status).toBe(201);
    expectRefused(await give("x", ["channel_read"]), "channel_read");
    expectRefused(await give("y", ["read"]), "read");
  });

  test("the admin of an object gives everything on it, the platform's administrator everywhere", async () => {
    const { domainId, path, bob, bobsRole, eve } = await domainWithManager();
    await addRole(ada, path, "members", ["read"], [eve]);
    const extra = { actions: ["client_create"] };
    requireStatus(await ada.call("POST", `${path}/roles/${bobsRole}/actions`, extra), 200);
    const { id } = requireStatus(
      await bob.call("POST", `/${domainId}/clients`, { name: "own" }),
      201,
    );
    const all = server.deps.catalogue.roleActions("clients");
    const client = `/${domainId}/clients/${id}`;
    await addRole(bob, client, "all", all, [eve]);
    const { id: admin } = (await bob.call("GET", `${client}/roles`)).body.roles[0];
    requireStatus(
      await bob.call("POST", `${client}/roles/${admin}/members`, { members: [ada.id] }),
      200,
    );
    await addRole(server.admin, path, "by the platform", ["delete", "client_delete"]);
  });

  function expectRefused({ status, body }: TestResponse, action: string): void {
    expect([status, body]).toEqual([
      403,
      expect.objectContaining({
        code: "owner_lacks_permission",
        message: `You cannot give the action ${action}, because you do not hold it here yourself`,
      }),
    ]);
  }

  /** A domain of Ada's where Bob manages roles and reads clients; Eve is nobody in it. */
  async function domainWithManager() {
    const domainId = await server.newDomain(ada);
    const [bob, eve] = [await server.newUser(), await server.newUser()];
    const path = `/domains/${domainId}`;
    const actions = ["read", "manage_role", "add_role_users", "view_role_users", "client_read"];
    const bobsRole = await addRole(ada, path, "managers", actions, [bob]);
    return { domainId, path, bob, eve, bobsRole };
  }

  async function addObject(domainId: string, type: string, members: object) {
    const body = { name: type, ...members };
    const { id } = requireStatus(await ada.call("POST", `/${domainId}/${type}`, body), 201);
    return { id: id as string, path: `/${domainId}/${type}/${id}` };
  }

  async function addRole(
    caller: Caller,
    path: string,
    name: string,
    actions: readonly string[],
    members: readonly TestUser[] = [],
  ): Promise<string> {
    const role = await caller.call("POST", `${path}/roles`, {
      role_name: name,
      optional_actions: actions,
      optional_members: members.map(({ id }) => id),
    });
    return requireStatus(role, 201).id;
  }
});
