import { afterAll, beforeAll, expect, test } from "vitest";
import { onEveryDatabase } from "../../../testing/on-every-database.ts";
import { explainReads } from "../../../testing/query-plans.ts";
import type { TestDatabase } from "../../../testing/test-databases.ts";
import { countTokensOnObject, listTokensOnObject } from "./tokens-on-object-store.ts";

const target = { domainId: "d", entityType: "clients", entityId: "c" };

onEveryDatabase("tokens among very many", (kind) => {
  let opened: TestDatabase;
  beforeAll(async () => {
    opened = await kind.open();
  });
  afterAll(() => opened.close());

  test("those with a scope on an object are found by their owners, and by the whole key of the scope", async () => {
    const plans = await explainReads(opened.database, async (database) => {
      const asked = { userId: "u", target, now: 5 };
      await listTokensOnObject(database, asked, { offset: 0, limit: 10 });
      await countTokensOnObject(database, target, 5, [
        { userIds: ["u", "v"], operations: ["view", "update"] },
        { userIds: ["w"], operations: ["view"] },
      ]);
    });
    expect(plans).toHaveLength(3);
    for (const plan of plans) {
      expect(plan).not.toMatch(/\bSCAN \w+|Seq Scan/);
      // How many rows there are decides on PostgreSQL which way is shorter; here there are none.
      if (kind.name === "SQLite") {
        expect(plan).toMatch(/token_id=\? AND domain_id=\? AND entity_type=\?/);
      }
    }
  });
});
