import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { onEveryDatabase } from "./testing/on-every-database.ts";
import { startApp, type TestApp, type TestUser } from "./testing/start-app.ts";

/** Long work of one statement, on either database. */
const longWork = sql`
  with recursive counted(n) as (select 1 union all select n + 1 from counted where n < 1000000)
  select max(n) as n from counted`;

onEveryDatabase("while a list and a change are held up in the database", (kind) => {
  let server: TestApp;
  let owner: TestUser;
  let domainId: string;
  beforeAll(async () => {
    server = await startApp(kind, { environment: { TESSERA_LIST_TIMEOUT: "60s" } });
    owner = await server.newUser();
    domainId = await server.newDomain(owner);
  });
  afterAll(() => server.close());

  test("decisions are answered, and what is asked by key", async () => {
    const { database } = server.deps;
    const created = await owner.call("POST", `/${domainId}/clients`, { name: "Pump" });
    const token = await server.newToken(owner, domainId, ["clients:view:*"]);
    const order: string[] = [];
    const ends = async (name: string, work: Promise<unknown>) => {
      await work;
      order.push(name);
    };
    const held = [
      ends("list", longWork.execute(database.lists)),
      ends(
        "change",
        database.inTransaction((trx) => longWork.execute(trx)),
      ),
    ];
    const path = `/${domainId}/clients/${created.body.id}`;
    for (let count = 0; count < 3; count += 1) {
      expect((await token.call("GET", path)).status).toBe(200);
      expect((await token.call("DELETE", path)).status).toBe(403);
      expect((await owner.call("GET", path)).status).toBe(200);
    }
    order.push("answers");
    await Promise.all(held);
    expect(order[0]).toBe("answers");
    expect(order.toSorted()).toEqual(["answers", "change", "list"]);
  });
});
