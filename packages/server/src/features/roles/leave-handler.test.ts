import { afterAll, beforeAll, expect, test } from "vitest";
import { createChangeGate } from "../../testing/change-gate.ts";
import { onEveryDatabase } from "../../testing/on-every-database.ts";
import {
  type Caller,
  requireStatus,
  startApp,
  type TestApp,
  type TestUser,
} from "../../testing/start-app.ts";
import { giveRole, newMember } from "../../testing/test-people.ts";

onEveryDatabase("who leaves a domain", (kind) => {
  const gate = createChangeGate();
  let server: TestApp;
  let ada: TestUser;
  let domainId: string;
  let path: string;

  beforeAll(async () => {
    server = await startApp(kind, { aroundHub: gate.around });
    ada = await server.newUser();
    domainId = await server.newDomain(ada);
    path = `/domains/${domainId}`;
  });
  afterAll(() => server.close());

  const leave = (who: Caller, place = path) => who.call("POST", `${place}/leave`);
  const rolesOf = ({ id }: TestUser) =>
    server.deps.database.read
      .selectFrom("role_members")
      .select(["entity_type", "role_id"])
      .where("user_id", "=", id)
      .execute();
  const leavings = async () => {
    const { body } = await server.admin.call(
      "GET",
      "/audit?operation=domains.leave&outcome=allowed",
    );
    return body.records as { readonly domain_id: string; readonly details: unknown }[];
  };

  test("loses at once all roles there, by tokens that were remembered too, and the invitation", async () => {
    const bob = await server.newUser();
    const { id } = requireStatus(
      await ada.call("POST", `${path}/roles`, {
        role_name: "readers",
        optional_actions: ["client_read", "read"],
      }),
      201,
    );
    const invitation = { invitee_user_id: bob.id, role_id: id };
    requireStatus(await ada.call("POST", `${path}/invitations`, invitation), 201);
    requireStatus(await bob.call("POST", "/invitations/accept", { domain_id: domainId }), 204);
    const pump = requireStatus(
      await ada.call("POST", `/${domainId}/clients`, { name: "pump" }),
      201,
    );
    const client = `/${domainId}/clients/${pump.id}`;
    await giveRole(ada, client, bob, ["update"]);
    const token = await server.newToken(bob, domainId, ["clients:view:*", "clients:update:*"]);
    requireStatus(await token.call("GET", client), 200);
    requireStatus(await token.call("PATCH", client, { name: "pump 2" }), 200);

    requireStatus(await leave(bob), 204);
    const refused = { status: 403, body: { code: "owner_lacks_permission" } };
    expect(await token.call("GET", client)).toMatchObject(refused);
    expect(await token.call("PATCH", client, { name: "pump 3" })).toMatchObject(refused);
    expect(await bob.call("GET", path)).toMatchObject(refused);
    expect(await leave(bob)).toMatchObject(refused);
    expect(await rolesOf(bob)).toEqual([]);
    expect((await bob.call("GET", "/domains")).body.total).toBe(0);
    expect((await bob.call("GET", "/invitations")).body.total).toBe(0);
    expect((await ada.call("GET", client)).body.name).toBe("pump 2");
    expect(await rolesOf(ada)).toHaveLength(2);
  });

  test("may do so whatever the role allows, and in a disabled or frozen domain", async () => {
    const place = `/domains/${await server.newDomain(ada)}`;
    const [idle, bob, eve] = await Promise.all([1, 2, 3].map(() => server.newUser()));
    if (idle === undefined || bob === undefined || eve === undefined) return expect.fail();
    await giveRole(ada, place, idle, []);
    await giveRole(ada, place, bob, ["read"]);
    await giveRole(ada, place, eve, ["read"]);
    requireStatus(await leave(idle, place), 204);
    requireStatus(await ada.call("POST", `${place}/disable`), 200);
    requireStatus(await leave(bob, place), 204);
    requireStatus(await server.admin.call("POST", `${place}/freeze`), 200);
    requireStatus(await leave(eve, place), 204);
    expect(await Promise.all([idle, bob, eve].map(rolesOf))).toEqual([[], [], []]);
  });

  test("is no token, no stranger, and nobody by administering the platform alone", async () => {
    const bob = await newMember(server, ada, domainId);
    const token = await server.newToken(bob, domainId, ["domains:read"]);
    expect(await leave(token)).toMatchObject({ status: 403, body: { code: "session_required" } });
    expect(await rolesOf(bob)).toHaveLength(1);
    const stranger = await server.newUser();
    const nowhere = "/domains/5c1d2a9e-8f0b-4c3d-9e7a-1b2c3d4e5f60";
    for (const who of [stranger, server.admin]) {
      const [there, elsewhere] = [await leave(who), await leave(who, nowhere)];
      expect(there).toMatchObject({ status: 403, body: { code: "owner_lacks_permission" } });
      expect(there.body.message).toBe(elsewhere.body.message);
      expect(elsewhere.status).toBe(403);
    }
  });

  test("is refused as the last administrator, and nothing changes", async () => {
    const before = await rolesOf(ada);
    const known = await leavings();
    const refused = await leave(ada);
    expect(refused).toMatchObject({ status: 409, body: { code: "conflict" } });
    expect(refused.body.message).toContain("last administrator");
    expect(await rolesOf(ada)).toEqual(before);
    expect(await leavings()).toEqual(known);
    requireStatus(await ada.call("GET", path), 200);
  });

  test("of two last administrators who go at the same moment one stays", async () => {
    const place = await server.newDomain(ada);
    const bob = await server.newUser();
    const [admin] = (await ada.call("GET", `/domains/${place}/roles`)).body.roles;
    const members = `/domains/${place}/roles/${admin.id}/members`;
    requireStatus(await ada.call("POST", members, { members: [bob.id] }), 200);
    gate.close("before");
    const answers = Promise.all([ada, bob].map((who) => leave(who, `/domains/${place}`)));
    await gate.whenHeld(2);
    gate.release();
    const statuses = (await answers).map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([204, 409]);
    const stays = statuses[0] === 409 ? ada : bob;
    expect((await stays.call("GET", members)).body.members).toEqual([stays.id]);
    const gone = stays === ada ? bob : ada;
    expect(await leavings()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ domain_id: place, details: { members: [gone.id] } }),
      ]),
    );
  });
});
