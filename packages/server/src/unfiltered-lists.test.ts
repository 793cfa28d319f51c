import { afterAll, beforeAll, expect, test } from "vitest";
import { onEveryDatabase } from "./testing/on-every-database.ts";
import { seedDomain } from "./testing/seed-domain.ts";
import { type Caller, startApp, type TestApp } from "./testing/start-app.ts";
import { newMember } from "./testing/test-people.ts";

/** So many that no computer looks through them within a millisecond. */
const sizes = { clients: 50_000, channels: 0, groups: 8, members: 50_000 };

onEveryDatabase(
  "lists of 50,000 that nothing filters, where lists may take a millisecond",
  (kind) => {
    let server: TestApp;
    let domainId: string;

    beforeAll(async () => {
      server = await startApp(kind, { environment: { TESSERA_LIST_TIMEOUT: "1ms" } });
      const { database } = server.testDatabase;
      ({ domainId } = await seedDomain(database, server.admin.id, sizes));
    }, 120_000);
    afterAll(() => server.close());

    const expectTooSlow = async (caller: Caller, path: string) => {
      const { status, body } = await caller.call("GET", path);
      expect([status, body.code], path).toEqual([503, "search_too_slow"]);
    };

    test("counting and listing the clients of a domain is given up", async () => {
      for (const query of ["", "?only_total=true", "?status=all", "?order=updated_at"]) {
        await expectTooSlow(server.admin, `/${domainId}/clients${query}`);
      }
    });

    test("so is listing the users", async () => {
      await expectTooSlow(server.admin, "/users");
    });

    test("so is listing the members of a role, and of a domain", async () => {
      const roles = `/domains/${domainId}/roles`;
      await expectTooSlow(server.admin, `${roles}/domain_viewer_${domainId}/members`);
      await expectTooSlow(server.admin, `${roles}/members`);
    });

    test("so is finding what a member of the domain reaches by a group", async () => {
      const member = await newMember(server, server.admin, domainId);
      const groupId = "00000000-0000-4000-8000-000000000000";
      const role = {
        role_name: "branch",
        optional_actions: ["read", "client_read", "subgroup_client_read"],
        optional_members: [member.id],
      };
      const made = await server.admin.call("POST", `/${domainId}/groups/${groupId}/roles`, role);
      expect(made.status).toBe(201);
      await expectTooSlow(member, `/${domainId}/clients`);
    });
  },
);
