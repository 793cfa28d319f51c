import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readEverything } from "../../testing/everything-stored.ts";
import { onEveryDatabase } from "../../testing/on-every-database.ts";
import {
  type Caller,
  requireStatus,
  startApp,
  type TestApp,
  type TestUser,
} from "../../testing/start-app.ts";

const unset = "0001-01-01T00:00:00Z";

onEveryDatabase("invitations", (kind) => {
  let server: TestApp;
  let ada: TestUser;

  beforeAll(async () => {
    server = await startApp(kind);
    ada = await server.newUser();
  });
  afterAll(() => server.close());

  describe("sending", () => {
    test("invites to a role; both sides see it pending", async () => {
      const { domainId, roleId, bob } = await newDomain();
      const sent = await send(ada, domainId, bob, roleId);
      expect(sent).toMatchObject({ status: 201, body: undefined });
      const { name } = (await ada.call("GET", `/domains/${domainId}`)).body;
      const invitation = {
        invited_by: ada.id,
        invitee_user_id: bob.id,
        domain_id: domainId,
        domain_name: name,
        role_id: roleId,
        role_name: "readers",
        created_at: expect.stringMatching(/Z$/),
        updated_at: unset,
        confirmed_at: unset,
        rejected_at: unset,
      };
      const page = { total: 1, offset: 0, limit: 10, invitations: [invitation] };
      expect((await bob.call("GET", "/invitations")).body).toEqual(page);
      expect((await ada.call("GET", `/domains/${domainId}/invitations`)).body).toEqual(page);
    });

    test("needs a role of this very domain", async () => {
      const [here, there] = [await newDomain(), await newDomain()];
      const { body: client } = await ada.call("POST", `/${here.domainId}/clients`, {});
      const clientRoles = await ada.call("GET", `/${here.domainId}/clients/${client.id}/roles`);
      for (const roleId of [there.roleId, clientRoles.body.roles[0].id, "nothing"]) {
        expect(await send(ada, here.domainId, here.bob, roleId)).toMatchObject({
          status: 404,
          body: { code: "not_found", field: "role_id" },
        });
      }
    });

    test("needs an enabled user", async () => {
      const { domainId, roleId, bob } = await newDomain();
      requireStatus(await server.admin.call("POST", `/users/${bob.id}/disable`), 200);
      for (const id of [bob.id, randomUUID()]) {
        expect(await send(ada, domainId, { id }, roleId)).toMatchObject({
          status: 400,
          body: { code: "invalid_body", field: "invitee_user_id" },
        });
      }
    });

    test("tells nobody whether an id is a disabled user's or nobody's, nor does a role's new member", async () => {
      const { domainId, roleId, bob } = await newDomain();
      requireStatus(await server.admin.call("POST", `/users/${bob.id}/disable`), 200);
      const told = new Set<string>();
      for (const id of [bob.id, randomUUID()]) {
        const sent = await send(ada, domainId, { id }, roleId);
        const path = `/domains/${domainId}/roles/${roleId}/members`;
        const added = await ada.call("POST", path, { members: [id] });
        expect([sent.status, added.status]).toEqual([400, 400]);
        told.add(`${sent.body.message} ${added.body.message}`.replaceAll(id, "<id>"));
      }
      expect([...told]).toEqual([
        "invitee_user_id: <id> is no enabled user members.0: <id> is no enabled user",
      ]);
    });

    test("whoever names no role of the domain is not told who is a member or a user", async () => {
      const { domainId, bob } = await newDomain();
      const token = await server.newToken(ada, domainId, ["domains:send_invitation"]);
      const told = new Set<string>();
      for (const { id } of [ada, bob, { id: randomUUID() }]) {
        const { status, body } = await send(token, domainId, { id }, "nope");
        told.add(`${status} ${body.code} ${body.message}`);
      }
      expect(told.size).toBe(1);
      expect([...told][0]).toMatch(/^404 /);
    });

    test("a member cannot be invited, nor anybody twice", async () => {
      const { domainId, roleId, bob } = await newDomain();
      expect(await send(ada, domainId, ada, roleId)).toMatchObject({
        status: 409,
        body: { code: "conflict" },
      });
      requireStatus(await send(ada, domainId, bob, roleId), 201);
      expect(await send(ada, domainId, bob, roleId)).toMatchObject({
        status: 409,
        body: { code: "already_exists", field: "invitee_user_id" },
      });
    });

    test("the same invitation sent at once several times is one", async () => {
      const { domainId, roleId, bob } = await newDomain();
      const replies = await Promise.all([1, 2, 3].map(() => send(ada, domainId, bob, roleId)));
      expect(replies.map(({ status }) => status).toSorted()).toEqual([201, 409, 409]);
    });

    test("nobody invites to a role that allows more than they may do", async () => {
      const { domainId, roleId, bob } = await newDomain();
      const manager = await newManager(domainId);
      expect(await send(manager, domainId, bob, roleId)).toMatchObject({
        status: 403,
        body: { code: "owner_lacks_permission", message: expect.stringContaining("client_read") },
      });
      const harmless = await addRole(domainId, "harmless", ["read"]);
      expect((await send(manager, domainId, bob, harmless)).status).toBe(201);
    });

    test("needs manage_role; a token its scope as well, and scopes for what it gives", async () => {
      const { domainId, roleId, bob } = await newDomain();
      expect((await send(bob, domainId, bob, roleId)).status).toBe(403);
      const without = await server.newToken(ada, domainId, ["domains:list_domain_invitation"]);
      expect(await send(without, domainId, bob, roleId)).toMatchObject({
        status: 403,
        body: { code: "scope_missing", missing_scope: { operation: "send_invitation" } },
      });
      const empty = await server.newToken(ada, domainId, ["domains:send_invitation"]);
      expect(await send(empty, domainId, bob, roleId)).toMatchObject({
        status: 403,
        body: { code: "scope_missing", missing_scope: { operation: "read" } },
      });
      const scopes = ["domains:send_invitation", "domains:read", "clients:view"];
      const token = await server.newToken(ada, domainId, scopes);
      expect((await send(token, domainId, bob, roleId)).status).toBe(201);
      expect((await bob.call("GET", "/invitations")).body.invitations[0].invited_by).toBe(ada.id);
    });

    test("resending needs an invitation, makes a rejected one pending and keeps its role", async () => {
      const { domainId, roleId, bob } = await newDomain();
      const other = await addRole(domainId, "others", []);
      const resend = () => send(ada, domainId, bob, other, { resend: true });
      expect((await resend()).status).toBe(404);
      requireStatus(await send(ada, domainId, bob, roleId), 201);
      requireStatus(await bob.call("POST", "/invitations/reject", { domain_id: domainId }), 204);
      expect((await resend()).status).toBe(201);
      const [invitation] = (await bob.call("GET", "/invitations?state=pending")).body.invitations;
      expect(invitation).toMatchObject({ role_id: roleId, rejected_at: unset });
      expect(invitation.updated_at).not.toBe(unset);
      requireStatus(await bob.call("POST", "/invitations/accept", { domain_id: domainId }), 204);
      expect((await resend()).status).toBe(409);
    });

    test("resending asks the sender for the rights of the role that stands in the invitation", async () => {
      const { domainId, roleId, bob } = await newDomain();
      requireStatus(await send(ada, domainId, bob, roleId), 201);
      const manager = await newManager(domainId);
      const harmless = await addRole(domainId, "harmless", ["read"]);
      const resent = await send(manager, domainId, bob, harmless, { resend: true });
      expect(resent.status).toBe(403);
    });
  });

  describe("answering", () => {
    test("accepting puts into the role, at once", async () => {
      const { domainId, roleId, bob } = await newDomain();
      requireStatus(await send(ada, domainId, bob, roleId), 201);
      expect((await bob.call("GET", `/domains/${domainId}`)).status).toBe(403);
      expect(await accept(bob, domainId)).toMatchObject({ status: 204, body: undefined });
      expect((await bob.call("GET", `/domains/${domainId}`)).status).toBe(200);
      const members = await ada.call("GET", `/domains/${domainId}/roles/${roleId}/members`);
      expect(members.body.members).toEqual([bob.id]);
      const [invitation] = (await bob.call("GET", "/invitations?state=accepted")).body.invitations;
      expect(invitation.confirmed_at).not.toBe(unset);
    });

    test("rejecting leaves outside", async () => {
      const { domainId, roleId, bob } = await newDomain();
      requireStatus(await send(ada, domainId, bob, roleId), 201);
      expect((await reject(bob, domainId)).status).toBe(204);
      expect((await bob.call("GET", `/domains/${domainId}`)).status).toBe(403);
      const [invitation] = (await bob.call("GET", "/invitations?state=rejected")).body.invitations;
      expect(invitation.rejected_at).not.toBe(unset);
    });

    test("there is one answer to an invitation", async () => {
      const [first, second] = [await newDomain(), await newDomain()];
      for (const { domainId, roleId, bob } of [first, second]) {
        requireStatus(await send(ada, domainId, bob, roleId), 201);
      }
      requireStatus(await accept(first.bob, first.domainId), 204);
      requireStatus(await reject(second.bob, second.domainId), 204);
      for (const { domainId, bob } of [first, second]) {
        for (const answer of [accept, reject]) {
          expect(await answer(bob, domainId)).toMatchObject({
            status: 409,
            body: { code: "conflict" },
          });
        }
      }
    });

    test("without an invitation there is nothing to answer", async () => {
      const { domainId, bob } = await newDomain();
      for (const answer of [accept, reject]) {
        expect((await answer(bob, domainId)).status).toBe(404);
        expect((await answer(bob, randomUUID())).status).toBe(404);
      }
    });

    test("who has become a member otherwise cannot accept any more", async () => {
      const { domainId, roleId, bob } = await newDomain();
      requireStatus(await send(ada, domainId, bob, roleId), 201);
      await addRole(domainId, "others", ["read"], [bob]);
      expect((await accept(bob, domainId)).status).toBe(409);
    });

    test("an invitation to a role that was removed is gone", async () => {
      const { domainId, roleId, bob } = await newDomain();
      requireStatus(await send(ada, domainId, bob, roleId), 201);
      requireStatus(await ada.call("DELETE", `/domains/${domainId}/roles/${roleId}`), 204);
      expect((await accept(bob, domainId)).status).toBe(404);
      expect((await bob.call("GET", "/invitations")).body.total).toBe(0);
    });

    test("an invitation is worth nothing once its sender may not invite any more", async () => {
      const { domainId, bob } = await newDomain();
      const manager = await newManager(domainId);
      const roleId = await addRole(domainId, "harmless", ["read"]);
      requireStatus(await send(manager, domainId, bob, roleId), 201);
      const left = { member_ids: [manager.id] };
      requireStatus(await ada.call("DELETE", `/domains/${domainId}/roles`, left), 204);
      expect(await accept(bob, domainId)).toMatchObject({
        status: 409,
        body: { code: "conflict" },
      });
      expect((await bob.call("GET", `/domains/${domainId}`)).status).toBe(403);
      requireStatus(await send(ada, domainId, bob, roleId, { resend: true }), 201);
      expect((await accept(bob, domainId)).status).toBe(204);
    });

    test("a role that has grown beyond its sender's rights is not given in their name", async () => {
      const { domainId, bob } = await newDomain();
      const manager = await newManager(domainId);
      const roleId = await addRole(domainId, "growing", ["read"]);
      requireStatus(await send(manager, domainId, bob, roleId), 201);
      const more = { actions: ["client_delete"] };
      requireStatus(
        await ada.call("POST", `/domains/${domainId}/roles/${roleId}/actions`, more),
        200,
      );
      expect((await accept(bob, domainId)).status).toBe(409);
    });

    describe("of a token", () => {
      const scopes = ["domains:send_invitation", "domains:read", "clients:view"];
      const takings: Readonly<Record<string, (tokenId: string) => Promise<unknown>>> = {
        "is revoked": (id) => ada.call("PATCH", `/pats/${id}/secret/revoke`),
        "is deleted": (id) => ada.call("DELETE", `/pats/${id}`),
        "is given another secret": (id) =>
          ada.call("PATCH", `/pats/${id}/secret/reset`, { duration: "24h" }),
        "is revoked and given another secret": async (id) => {
          requireStatus(await ada.call("PATCH", `/pats/${id}/secret/revoke`), 204);
          return ada.call("PATCH", `/pats/${id}/secret/reset`, { duration: "24h" });
        },
        "has lost all its scopes": (id) => ada.call("DELETE", `/pats/${id}/scope`),
        "has expired": async () => {
          server.clock.now += 2 * 60_000;
        },
      };

      test.each(Object.keys(takings))(
        "an invitation is worth nothing once the token %s, until a session renews it",
        async (taking) => {
          const { domainId, roleId, bob } = await newDomain();
          const duration = taking === "has expired" ? "1m" : "24h";
          const token = await server.newToken(ada, domainId, scopes, duration);
          requireStatus(await send(token, domainId, bob, roleId), 201);
          await takings[taking]?.(token.id);
          const before = await readEverything(server.deps.database);
          expect(await accept(bob, domainId)).toMatchObject({
            status: 409,
            body: { code: "conflict", message: expect.stringMatching(/^The token that invited/) },
          });
          expect(await readEverything(server.deps.database)).toBe(before);
          expect((await bob.call("GET", `/domains/${domainId}`)).status).toBe(403);
          requireStatus(await send(ada, domainId, bob, roleId, { resend: true }), 201);
          expect((await accept(bob, domainId)).status).toBe(204);
        },
      );

      test("an invitation that a token renewed is the token's, and is accepted while it covers the role", async () => {
        const [first, second] = [await newDomain(), await newDomain()];
        for (const { domainId, roleId, bob } of [first, second]) {
          requireStatus(await send(ada, domainId, bob, roleId), 201);
          const token = await server.newToken(ada, domainId, scopes);
          requireStatus(await send(token, domainId, bob, roleId, { resend: true }), 201);
          const isFirst = domainId === first.domainId;
          if (isFirst) requireStatus(await ada.call("DELETE", `/pats/${token.id}`), 204);
          expect((await accept(bob, domainId)).status).toBe(isFirst ? 409 : 204);
        }
      });

      test("a role that has grown beyond the token's scopes is not given by it, though its owner holds it all", async () => {
        const { domainId, roleId, bob } = await newDomain();
        const token = await server.newToken(ada, domainId, scopes);
        requireStatus(await send(token, domainId, bob, roleId), 201);
        const path = `/domains/${domainId}/roles/${roleId}/actions`;
        requireStatus(await ada.call("POST", path, { actions: ["client_delete"] }), 200);
        expect(await accept(bob, domainId)).toMatchObject({ status: 409 });
        expect((await bob.call("GET", `/domains/${domainId}`)).status).toBe(403);
        const scope = { domain_id: domainId, entity_type: "clients", operation: "delete" };
        const more = { scopes: [{ ...scope, entity_id: "*" }] };
        requireStatus(await ada.call("PATCH", `/pats/${token.id}/scope/add`, more), 200);
        expect((await accept(bob, domainId)).status).toBe(204);
      });
    });

    test("in a disabled domain nothing is answered", async () => {
      const { domainId, roleId, bob } = await newDomain();
      requireStatus(await send(ada, domainId, bob, roleId), 201);
      requireStatus(await ada.call("POST", `/domains/${domainId}/disable`), 200);
      for (const answer of [accept, reject]) {
        expect(await answer(bob, domainId)).toMatchObject({
          status: 403,
          body: { code: "domain_disabled" },
        });
      }
      requireStatus(await ada.call("POST", `/domains/${domainId}/enable`), 200);
      expect((await accept(bob, domainId)).status).toBe(204);
    });

    test("no token answers", async () => {
      const { domainId, roleId, bob } = await newDomain();
      requireStatus(await send(ada, domainId, bob, roleId), 201);
      const own = await server.newDomain(bob);
      const token = await server.newToken(bob, own, ["domains:list_invitation"]);
      for (const answer of [accept, reject]) {
        expect(await answer(token, domainId)).toMatchObject({
          status: 403,
          body: { code: "session_required" },
        });
      }
    });
  });

  describe("looking", () => {
    test("received ones by default, the sent ones on request", async () => {
      const { domainId, roleId, bob } = await newDomain();
      requireStatus(await send(ada, domainId, bob, roleId), 201);
      const query = `domain_id=${domainId}`;
      expect((await ada.call("GET", `/invitations?${query}`)).body.total).toBe(0);
      const sent = await ada.call("GET", `/invitations?direction=sent&${query}`);
      expect(sent.body).toMatchObject({ total: 1, invitations: [{ invitee_user_id: bob.id }] });
      expect((await bob.call("GET", "/invitations?direction=sent")).body.total).toBe(0);
    });

    test("nobody sees other people's by naming them", async () => {
      const { domainId, roleId, bob } = await newDomain();
      requireStatus(await send(ada, domainId, bob, roleId), 201);
      const eve = await server.newUser();
      for (const query of [
        `invitee_user_id=${bob.id}`,
        `domain_id=${domainId}`,
        `direction=sent&invited_by=${ada.id}`,
      ]) {
        expect((await eve.call("GET", `/invitations?${query}`)).body.total).toBe(0);
      }
      expect((await eve.call("GET", `/domains/${domainId}/invitations`)).status).toBe(403);
    });

    test("filters by state, people, role and domain; pages, newest first", async () => {
      const bob = await server.newUser();
      const domains = [await newDomain(bob), await newDomain(bob), await newDomain(bob)];
      for (const { domainId, roleId } of domains) {
        server.clock.now += 1_000;
        requireStatus(await send(ada, domainId, bob, roleId), 201);
      }
      const [first, second, third] = domains.map(({ domainId }) => domainId);
      requireStatus(await accept(bob, first ?? ""), 204);
      requireStatus(await reject(bob, second ?? ""), 204);
      const found = async (query: string) =>
        (await bob.call("GET", `/invitations?${query}`)).body.invitations.map(
          (invitation: { domain_id: string }) => invitation.domain_id,
        );
      expect(await found("")).toEqual([third, second, first]);
      expect(await found("state=pending")).toEqual([third]);
      expect(await found("state=accepted")).toEqual([first]);
      expect(await found("state=rejected")).toEqual([second]);
      expect(await found(`role_id=${domains[1]?.roleId}`)).toEqual([second]);
      expect(await found(`domain_id=${first}`)).toEqual([first]);
      expect(await found(`invited_by=${ada.id}&limit=1&offset=1`)).toEqual([second]);
      expect(await found(`invited_by=${bob.id}`)).toEqual([]);
      const counted = await bob.call("GET", "/invitations?only_total=true");
      expect(counted.body).toMatchObject({ total: 3, invitations: [] });
      const ofDomain = await ada.call(
        "GET",
        `/domains/${first}/invitations?invitee_user_id=${bob.id}&state=accepted`,
      );
      expect(ofDomain.body.total).toBe(1);
    });

    test("a token sees only those of the domains that its list scopes name", async () => {
      const { domainId, roleId, bob } = await newDomain();
      const other = await newDomain(bob);
      requireStatus(await send(ada, domainId, bob, roleId), 201);
      requireStatus(await send(ada, other.domainId, bob, other.roleId), 201);
      const token = await server.newToken(bob, domainId, ["domains:list_invitation"]);
      const { body } = await token.call("GET", "/invitations");
      expect(body).toMatchObject({ total: 1, invitations: [{ domain_id: domainId }] });
      const without = await server.newToken(bob, domainId, ["domains:read"]);
      expect((await without.call("GET", "/invitations")).body.total).toBe(0);
    });

    test("a single one shows itself to its invitee and to who may list the domain's", async () => {
      const { domainId, roleId, bob } = await newDomain();
      requireStatus(await send(ada, domainId, bob, roleId), 201);
      const path = `/domains/${domainId}/invitations/${bob.id}`;
      const manager = await newManager(domainId);
      for (const caller of [bob, ada, manager, server.admin]) {
        expect((await caller.call("GET", path)).body).toMatchObject({ role_id: roleId });
      }
      expect((await (await server.newUser()).call("GET", path)).status).toBe(403);
      const none = `/domains/${domainId}/invitations/${randomUUID()}`;
      expect((await ada.call("GET", none)).status).toBe(404);
      requireStatus(await ada.call("POST", `/domains/${domainId}/disable`), 200);
      expect((await manager.call("GET", path)).body.code).toBe("domain_disabled");
    });
  });

  describe("deleting", () => {
    test("a pending one, by who manages roles", async () => {
      const { domainId, roleId, bob } = await newDomain();
      requireStatus(await send(ada, domainId, bob, roleId), 201);
      expect((await remove(ada, domainId, bob)).status).toBe(204);
      expect((await remove(ada, domainId, bob)).status).toBe(404);
      expect((await accept(bob, domainId)).status).toBe(404);
    });

    test("a pending one, by its invitee, who needs no right for it", async () => {
      const { domainId, roleId, bob } = await newDomain();
      requireStatus(await send(ada, domainId, bob, roleId), 201);
      const eve = await server.newUser();
      expect((await remove(eve, domainId, bob)).status).toBe(403);
      expect((await remove(bob, domainId, bob)).status).toBe(204);
    });

    test("an answered one only by its invitee", async () => {
      const { domainId, roleId, bob } = await newDomain();
      requireStatus(await send(ada, domainId, bob, roleId), 201);
      requireStatus(await reject(bob, domainId), 204);
      expect(await remove(ada, domainId, bob)).toMatchObject({
        status: 409,
        body: { code: "conflict" },
      });
      expect((await remove(bob, domainId, bob)).status).toBe(204);
    });

    test("by a token needs its scope, the invitee's own included", async () => {
      const { domainId, roleId, bob } = await newDomain();
      requireStatus(await send(ada, domainId, bob, roleId), 201);
      const without = await server.newToken(ada, domainId, ["domains:send_invitation"]);
      expect((await remove(without, domainId, bob)).body.code).toBe("scope_missing");
      const own = await server.newToken(bob, domainId, ["domains:delete_invitation"]);
      expect((await remove(own, domainId, bob)).body.code).toBe("owner_lacks_permission");
      const token = await server.newToken(ada, domainId, ["domains:delete_invitation"]);
      expect((await remove(token, domainId, bob)).status).toBe(204);
    });
  });

  test("every change is recorded", async () => {
    const { domainId, roleId, bob } = await newDomain();
    requireStatus(await send(ada, domainId, bob, roleId), 201);
    requireStatus(await reject(bob, domainId), 204);
    requireStatus(await send(ada, domainId, bob, roleId, { resend: true }), 201);
    requireStatus(await accept(bob, domainId), 204);
    requireStatus(await remove(bob, domainId, bob), 204);
    const events = await server.deps.database.read
      .selectFrom("audit_events")
      .select(["action", "actor_user_id"])
      .where("domain_id", "=", domainId)
      .where("action", "like", "invitations.%")
      .execute();
    const told = events.map(({ action, actor_user_id }) => `${action} ${actor_user_id}`);
    expect(told.toSorted()).toEqual(
      [
        `invitations.send ${ada.id}`,
        `invitations.reject ${bob.id}`,
        `invitations.send ${ada.id}`,
        `invitations.accept ${bob.id}`,
        `invitations.delete ${bob.id}`,
      ].toSorted(),
    );
  });

  /** A domain of Ada's with a role that reads, and somebody who is nobody in it. */
  async function newDomain(somebody?: TestUser) {
    const domainId = await server.newDomain(ada);
    const roleId = await addRole(domainId, "readers", ["read", "client_read"]);
    return { domainId, roleId, bob: somebody ?? (await server.newUser()) };
  }

  /** Somebody who may manage the domain's roles and read it, and nothing else. */
  async function newManager(domainId: string): Promise<TestUser> {
    const manager = await server.newUser();
    await addRole(domainId, "managers", ["read", "manage_role"], [manager]);
    return manager;
  }

  async function addRole(
    domainId: string,
    name: string,
    actions: readonly string[],
    members: readonly TestUser[] = [],
  ): Promise<string> {
    const role = await ada.call("POST", `/domains/${domainId}/roles`, {
      role_name: name,
      optional_actions: actions,
      optional_members: members.map(({ id }) => id),
    });
    return requireStatus(role, 201).id;
  }
});

function send(
  caller: Caller,
  domainId: string,
  invitee: { readonly id: string },
  roleId: string,
  members: object = {},
) {
  const body = { invitee_user_id: invitee.id, role_id: roleId, ...members };
  return caller.call("POST", `/domains/${domainId}/invitations`, body);
}

function accept(caller: Caller, domainId: string) {
  return caller.call("POST", "/invitations/accept", { domain_id: domainId });
}

function reject(caller: Caller, domainId: string) {
  return caller.call("POST", "/invitations/reject", { domain_id: domainId });
}

function remove(caller: Caller, domainId: string, invitee: { readonly id: string }) {
  return caller.call("DELETE", `/domains/${domainId}/invitations`, { user_id: invitee.id });
}
