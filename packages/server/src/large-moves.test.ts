import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { onEveryDatabase } from "./testing/on-every-database.ts";
import { requireStatus, startApp, type TestApp, type TestUser } from "./testing/start-app.ts";
import { onOwnCluster } from "./testing/test-databases.ts";

const minute = 60_000;

onEveryDatabase("moves of many groups", (kind) => {
  let server: TestApp;
  let ada: TestUser;
  let domainId: string;

  beforeAll(async () => {
    // While a transaction of another test is held open, PostgreSQL keeps what moves have read until it has no room left.
    const environment = { TESSERA_CHANGES_PER_MINUTE: "600" };
    server = await startApp(onOwnCluster(kind), { environment });
  });
  beforeEach(async () => {
    server.clock.now += 3 * minute;
    ada = await server.newUser();
    domainId = await server.newDomain(ada);
  });
  afterAll(() => server.close());

  const make = async (parent_id?: string): Promise<string> => {
    const body = { name: "g", ...(parent_id === undefined ? {} : { parent_id }) };
    return requireStatus(await ada.call("POST", `/${domainId}/groups`, body), 201).id;
  };
  const makeBelow = async (parent_id: string, count: number) => {
    const bodies = Array(count).fill({ name: "g", parent_id });
    requireStatus(await ada.call("POST", `/${domainId}/groups/bulk`, bodies), 200);
  };
  /** The last of a chain of so many groups. */
  const makeChain = async (length: number) => {
    let last = await make();
    for (let count = 1; count < length; count += 1) last = await make(last);
    return last;
  };
  /** All pairs of groups of the domain of which one is below the other, or the same. */
  const ancestry = async () => {
    const rows = await server.deps.database.read
      .selectFrom("group_ancestry")
      .select(["descendant_id", "ancestor_id", "depth"])
      .where("domain_id", "=", domainId)
      .orderBy("descendant_id")
      .orderBy("ancestor_id")
      .execute();
    return JSON.stringify(rows);
  };
  const refuse = async (method: "POST" | "DELETE", path: string, field: string, body?: object) => {
    const before = await ancestry();
    const refused = await ada.call(method, `/${domainId}/groups/${path}`, body);
    expect([refused.status, refused.body.code, refused.body.field]).toEqual([
      400,
      "limit_reached",
      field,
    ]);
    expect(refused.body.message).toContain("more than 20000; move them in parts");
    expect(await ancestry()).toBe(before);
  };

  test("below many others are refused, by whatever request", async () => {
    const deep = await makeChain(18);
    const root = await make();
    await makeBelow(root, 600);
    await makeBelow(root, 600);
    await refuse("POST", `${root}/parent`, "parent_id", { parent_id: deep });
    await refuse("POST", `${deep}/children`, "children_ids", { children_ids: [root] });
    server.clock.now += 3 * minute;
    const wide = await make(deep);
    await makeBelow(wide, 600);
    await makeBelow(wide, 600);
    server.clock.now += 3 * minute;
    await refuse("DELETE", `${wide}/parent`, "id");
    await refuse("DELETE", `${deep}/children`, "children_ids", { children_ids: [wide] });
    await refuse("DELETE", `${deep}/children/all`, "id");
    await refuse("DELETE", wide, "id");
    const top = await make();
    requireStatus(
      await ada.call("POST", `/${domainId}/groups/${root}/parent`, { parent_id: top }),
      200,
    );
  });

  test("cost by the groups that they take along and those above", async () => {
    const deep = await makeChain(18);
    const roots: string[] = [];
    for (let count = 0; count < 2; count += 1) {
      const root = await make();
      await makeBelow(root, 1000);
      roots.push(root);
    }
    server.clock.now += 3 * minute;
    // Each costs 360 of 600: 1,001 groups come to stand below 18.
    for (const root of roots) {
      const moved = await ada.call("POST", `/${domainId}/groups/${root}/parent`, {
        parent_id: deep,
      });
      requireStatus(moved, 200);
    }
    const before = await ancestry();
    const refused = await ada.call("POST", `/${domainId}/groups`, { name: "g" });
    expect([refused.status, refused.body.code]).toEqual([429, "rate_limited"]);
    expect(await ancestry()).toBe(before);
  });
});
