import { afterAll, beforeAll, expect, test } from "vitest";
import { onEveryDatabase } from "../../testing/on-every-database.ts";
import { explainReads } from "../../testing/query-plans.ts";
import type { TestDatabase } from "../../testing/test-databases.ts";
import { type InvitationFilter, listInvitations } from "./invitation-store.ts";

onEveryDatabase("the lists of invitations", (kind) => {
  let opened: TestDatabase;
  beforeAll(async () => {
    opened = await kind.open();
  });
  afterAll(() => opened.close());

  test.each<InvitationFilter>([
    { inviteeUserId: "u", state: "all" },
    { invitedBy: "u", state: "pending" },
    { domainId: "d", state: "accepted" },
  ])("come from an index, newest first: %o", async (filter) => {
    const plans = await explainReads(opened.database, (database) =>
      listInvitations(database.read, [filter], { offset: 0, limit: 10 }),
    );
    expect(plans).toHaveLength(2);
    for (const plan of plans) {
      expect(plan).not.toMatch(/\bSCAN \w+|TEMP B-TREE|Seq Scan|\bSort\b/);
    }
  });
});
