import { afterAll, beforeAll, expect, test } from "vitest";
import { onEveryDatabase } from "./testing/on-every-database.ts";
import { requireStatus, startApp, type TestApp, type TestUser } from "./testing/start-app.ts";

const atOnce = 6;

onEveryDatabase("what several requests do at once", (kind) => {
  let server: TestApp;
  let owner: TestUser;
  let domainId: string;
  let roleId: string;

  beforeAll(async () => {
    server = await startApp(kind);
    owner = await server.newUser();
    domainId = await server.newDomain(owner);
    const added = await owner.call("POST", `/domains/${domainId}/roles`, {
      role_name: "readers",
      optional_actions: ["read"],
    });
    roleId = requireStatus(added, 201).id;
  });
  afterAll(async () => {
    expect(server.logLines.filter((line) => line.includes('"level":50'))).toEqual([]);
    await server.close();
  });

  const together = async (ask: () => Promise<{ readonly status: number }>) =>
    (await Promise.all(Array.from({ length: atOnce }, ask))).map(({ status }) => status).toSorted();
  const onceDone = (done: number, refused: number) => [
    done,
    ...new Array<number>(atOnce - 1).fill(refused),
  ];

  test("gives a role to one person once, and tells the others that it is given", async () => {
    for (let round = 0; round < 4; round += 1) {
      const member = await server.newUser();
      const path = `/domains/${domainId}/roles/${roleId}/members`;
      const statuses = await together(() => owner.call("POST", path, { members: [member.id] }));
      expect(statuses).toEqual(onceDone(200, 409));
    }
  });

  test("accepts an invitation once", async () => {
    for (let round = 0; round < 4; round += 1) {
      const invited = await server.newUser();
      const invitation = { invitee_user_id: invited.id, role_id: roleId };
      const path = `/domains/${domainId}/invitations`;
      requireStatus(await owner.call("POST", path, invitation), 201);
      const statuses = await together(() =>
        invited.call("POST", "/invitations/accept", { domain_id: domainId }),
      );
      expect(statuses.filter((status) => status === 204)).toHaveLength(1);
      expect(statuses.every((status) => status < 500)).toBe(true);
    }
  });

  test("writes the same tags, whoever comes first", async () => {
    const made = await owner.call("POST", `/${domainId}/clients`, { name: "pump" });
    const path = `/${domainId}/clients/${requireStatus(made, 201).id}`;
    for (let round = 0; round < 4; round += 1) {
      const tags = ["red", "green", `round ${round}`];
      const statuses = await together(() => owner.call("PATCH", `${path}/tags`, { tags }));
      expect(statuses).toEqual(onceDone(200, 200));
      expect((await owner.call("GET", path)).body.tags).toEqual(tags);
    }
  });
});
