import { expect, test } from "vitest";
import { onEveryDatabase } from "../../../testing/on-every-database.ts";
import { requireStatus, startApp } from "../../../testing/start-app.ts";
import { giveRole, newMember } from "../../../testing/test-people.ts";
import { purgeDeletedUsers } from "./purge-deleted-users.ts";

onEveryDatabase("email address and username of somebody who was deleted", (kind) => {
  test("lead whoever has them after the purge to nothing of the former person", async () => {
    const testApp = await startApp(kind);
    const { admin, nobody } = testApp;
    const host = await testApp.newUser();
    const hostDomain = await testApp.newDomain(host);
    const former = await newMember(testApp, host, hostDomain);
    const ownDomain = await testApp.newDomain(former);
    const created = await former.call("POST", `/${ownDomain}/clients`, { name: "pump" });
    const client = requireStatus(created, 201).id as string;
    const token = await testApp.newToken(former, ownDomain, ["clients:view:*", "domains:read:*"]);
    const roleId = await giveRole(host, `/domains/${hostDomain}`, await testApp.newUser(), [
      "read",
    ]);
    const inviting = await testApp.newDomain(host);
    const invitedRole = await giveRole(host, `/domains/${inviting}`, await testApp.newUser(), [
      "read",
    ]);
    const invitation = { invitee_user_id: former.id, role_id: invitedRole };
    requireStatus(await host.call("POST", `/domains/${inviting}/invitations`, invitation), 201);
    requireStatus(await admin.call("DELETE", `/users/${former.id}`), 204);

    const body = {
      first_name: "Grace",
      last_name: "Hopper",
      email: former.email,
      credentials: { username: former.username, secret: "a-password-of-another" },
    };
    expect((await nobody.call("POST", "/users", body)).status).toBe(409);
    const later = () => testApp.clock.now + 31 * 86_400_000;
    expect(await purgeDeletedUsers({ ...testApp.deps, clock: later })).toBe(1);
    const { id } = requireStatus(await nobody.call("POST", "/users", body), 201);
    expect(id).not.toBe(former.id);

    expect(
      (
        await nobody.call("POST", "/users/tokens/issue", {
          username: former.username,
          password: former.password,
        })
      ).status,
    ).toBe(401);
    for (const name of [former.username, former.email]) {
      const person = await testApp.signIn(name, body.credentials.secret);
      expect(person.id).toBe(id);
      expect((await person.call("GET", "/domains?status=all")).body.total).toBe(0);
      expect((await person.call("GET", "/pats?status=all")).body.total).toBe(0);
      expect((await person.call("GET", "/invitations?state=all")).body.total).toBe(0);
      const { refresh_tokens } = (await person.call("GET", "/users/tokens/refresh-tokens")).body;
      expect(refresh_tokens.length).toBeLessThanOrEqual(2);
      for (const [path, status] of [
        [`/domains/${ownDomain}`, 403],
        [`/domains/${hostDomain}`, 403],
        [`/${ownDomain}/clients/${client}`, 403],
        [`/pats/${token.id}`, 404],
        [`/users/${former.id}`, 404],
      ] as const) {
        const answer = await person.call("GET", path);
        expect([path, answer.status]).toEqual([path, status]);
      }
      const accept = { domain_id: inviting };
      expect((await person.call("POST", "/invitations/accept", accept)).status).toBe(404);
    }
    for (const credential of [former.accessToken, token.secret]) {
      expect((await testApp.bearer(credential).call("GET", `/domains/${ownDomain}`)).status).toBe(
        401,
      );
    }
    const refresh = await testApp.bearer(former.refreshToken).call("POST", "/users/tokens/refresh");
    expect(refresh.status).toBe(401);
    const members = await host.call("GET", `/domains/${hostDomain}/roles/${roleId}/members`);
    for (const member of [id, former.id]) {
      expect(requireStatus(members, 200).members).not.toContain(member);
    }
    await testApp.close();
  });
});
