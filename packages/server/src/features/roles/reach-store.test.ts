import { createCatalogue } from "@tessera/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findHeldInDomain, findHeldOnObject } from "../../rights/held-actions-store.ts";
import { onEveryDatabase } from "../../testing/on-every-database.ts";
import { explainReads } from "../../testing/query-plans.ts";
import type { TestDatabase } from "../../testing/test-databases.ts";
import { findRolesThatReach, listPeopleInRoles } from "./reach-store.ts";
import { listRoleMembers, listRoles } from "./role-store.ts";

const catalogue = createCatalogue();
const [clients] = catalogue.entityTypes;
const target = { domainId: "d", entityType: "clients", entityId: "c" };
const page = { dir: "asc", offset: 0, limit: 10 } as const;

onEveryDatabase("roles among very many", (kind) => {
  let opened: TestDatabase;
  beforeAll(async () => {
    opened = await kind.open();
  });
  afterAll(() => opened.close());

  test("what a person may do is found by the whole key of each place", async () => {
    const plans = await explainReads(opened.database, async ({ read }) => {
      await findHeldInDomain(read, catalogue, "u", "d");
      await findHeldOnObject(read, catalogue, "u", target);
    });
    for (const plan of plans) {
      expect(plan).toMatch(
        /user_id ?=.*domain_id ?=.*entity_type ?=.*entity_id ?=|role_members_by_entity|domain_members/s,
      );
      expect(plan).not.toMatch(/\bSCAN (?!place|object)\w+|Seq Scan/);
    }
  });

  test("who reaches an object is found by index", async () => {
    const plans = await explainReads(opened.database, async (database) => {
      const { read } = database;
      if (clients === undefined) throw new Error("the catalogue is empty");
      await findRolesThatReach(database, catalogue, clients, target);
      await listPeopleInRoles(database, "d", ["r1", "r2"], page);
      await listRoles(read, target, page);
      await listRoleMembers(database, "r", page);
    });
    for (const plan of plans) expect(plan).not.toMatch(/\bSCAN \w+|Seq Scan/);
    const roles = plans.find((plan) => plan.includes("role_name"));
    expect(roles).toMatch(/entity_type ?=.*entity_id ?=/s);
  });
});
