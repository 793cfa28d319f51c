import { afterAll, beforeAll, expect, test } from "vitest";
import { onEveryDatabase } from "../../testing/on-every-database.ts";
import { explainReads } from "../../testing/query-plans.ts";
import type { TestDatabase } from "../../testing/test-databases.ts";
import { type DomainFilter, type DomainPage, listDomains } from "./domain-list-store.ts";
import { hasDomainWithRoute } from "./domain-store.ts";

const unfiltered: DomainFilter = {
  status: "enabled",
  name: undefined,
  id: undefined,
  tags: [],
  metadata: undefined,
  createdFrom: null,
  createdTo: null,
  roleId: undefined,
  roleName: undefined,
  actions: [],
};
const page: DomainPage = { order: "touched_at", dir: "desc", offset: 0, limit: 10 };

onEveryDatabase("the list of domains", (kind) => {
  let opened: TestDatabase;
  beforeAll(async () => {
    opened = await kind.open();
  });
  afterAll(() => opened.close());

  const explain = (isAdmin: boolean, filter: Partial<DomainFilter>, more: Partial<DomainPage>) =>
    explainReads(opened.database, (database) => {
      const viewer = { userId: "u", isAdmin, within: undefined };
      return listDomains(database, viewer, { ...unfiltered, ...filter }, { ...page, ...more });
    });

  test.each<Partial<DomainFilter>>([
    {},
    { status: "all" },
    { tags: [["a", "b"], ["c"]] },
    { roleName: "r", actions: ["read"] },
  ])("of a member begins at the roles the member has on domains: %o", async (filter) => {
    for (const plan of await explain(false, filter, {})) {
      expect(plan).toContain("domain_members");
      expect(plan).not.toMatch(/\bSCAN \w+|Seq Scan on (?!domain_tags)/);
    }
  });

  test.each(["touched_at", "name_key", "created_at"] as const)(
    "of an administrator comes from an index in its order: %s",
    async (order) => {
      for (const status of ["enabled", "disabled"] as const) {
        const plans = await explain(true, { status }, { order, dir: "asc" });
        expect(plans.at(-1)).not.toMatch(/\bSCAN \w+|TEMP B-TREE|Seq Scan|\bSort\b/);
      }
    },
  );

  test("is not read to find a route in letters of any case: an index has it", async () => {
    const plans = await explainReads(opened.database, ({ read }) =>
      hasDomainWithRoute(read, "Plant-7"),
    );
    expect(plans).toHaveLength(1);
    expect(plans[0]).toContain("domains_by_lower_route");
  });
});
