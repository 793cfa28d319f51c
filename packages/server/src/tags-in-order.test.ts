import { builtInEntityTypes, createCatalogue } from "@tessera/contract";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readTags } from "./features/users/people/user-store.ts";
import { tagsInOrderStatements } from "./store/migrations/0008-tags-in-order.ts";
import { postgresWords, sqliteWords } from "./store/migrations/sql-words.ts";
import { onEveryDatabase } from "./testing/on-every-database.ts";
import { sensors } from "./testing/sensors.ts";
import { requireStatus, startApp, type TestApp, type TestUser } from "./testing/start-app.ts";
import { userRow } from "./testing/test-rows.ts";

const sent = ["conf", "a", "Z", "conf", "10", "9", "a", "é"];
const kept = ["conf", "a", "Z", "10", "9", "é"];
const sentThen = ["z", "y", "z", "b"];
const keptThen = ["z", "y", "b"];

onEveryDatabase("tags", (kind) => {
  let testApp: TestApp;
  let owner: TestUser;
  let domainId: string;
  beforeAll(async () => {
    testApp = await startApp(kind, {
      catalogue: createCatalogue([], [...builtInEntityTypes, sensors]),
    });
    owner = await testApp.newUser();
    domainId = await testApp.newDomain(owner);
  });
  afterAll(() => testApp.close());

  test.each(["clients", "channels", "groups", "sensors"])(
    "of %s come back in the order in which they were sent, each once",
    async (type) => {
      const path = `/${domainId}/${type}`;
      const created = requireStatus(await owner.call("POST", path, { name: "x", tags: sent }), 201);
      expect(created.tags).toEqual(kept);
      const one = `${path}/${created.id}`;
      expect((await owner.call("GET", one)).body.tags).toEqual(kept);
      const listed = (await owner.call("GET", `${path}?tags=conf%2B9`)).body[type];
      expect(listed.map((item: { tags: string[] }) => item.tags)).toEqual([kept]);
      const changed = await owner.call("PATCH", `${one}/tags`, { tags: sentThen });
      expect(changed.body.tags).toEqual(keptThen);
      expect((await owner.call("GET", one)).body.tags).toEqual(keptThen);
      expect((await owner.call("GET", `${path}?tags=conf`)).body.total).toBe(0);
      expect((await owner.call("GET", `${path}?tags=b%2Bz`)).body.total).toBe(1);
      const bodies = [sent, sentThen].map((tags) => ({ name: "x", tags }));
      const many = requireStatus(await owner.call("POST", `${path}/bulk`, bodies), 200);
      expect(many[type].map((item: { tags: string[] }) => item.tags)).toEqual([kept, keptThen]);
    },
  );

  test("of domains come back in the order in which they were sent, each once", async () => {
    const body = { name: "Plant", route: "tags-in-order", tags: sent };
    const { id, tags } = requireStatus(await owner.call("POST", "/domains", body), 201);
    expect(tags).toEqual(kept);
    expect((await owner.call("GET", `/domains/${id}`)).body.tags).toEqual(kept);
    const { domains } = (await owner.call("GET", "/domains?tags=a%2B10")).body;
    expect(domains.map((domain: { tags: string[] }) => domain.tags)).toEqual([kept]);
    const changed = await owner.call("PATCH", `/domains/${id}`, { tags: sentThen });
    expect(changed.body.tags).toEqual(keptThen);
    const renamed = await owner.call("PATCH", `/domains/${id}`, { name: "Plant 2" });
    expect(renamed.body.tags).toEqual(keptThen);
  });

  test("of users come back in the order in which they were sent, each once", async () => {
    const body = {
      first_name: "Ada",
      last_name: "Byron",
      email: "ada@example.test",
      credentials: { username: "ada", secret: "a-good-password" },
      tags: sent,
    };
    const { id, tags } = requireStatus(await testApp.admin.call("POST", "/users", body), 201);
    expect(tags).toEqual(kept);
    expect((await testApp.admin.call("GET", `/users/${id}`)).body.tags).toEqual(kept);
    const { users } = (await testApp.admin.call("GET", "/users?tags=conf")).body;
    expect(users.map((user: { tags: string[] }) => user.tags)).toEqual([kept]);
    const changed = await testApp.admin.call("PATCH", `/users/${id}/tags`, { tags: sentThen });
    expect(changed.body.tags).toEqual(keptThen);
  });
});

onEveryDatabase("tags that were there before their order was kept", (kind) => {
  test("are shown in alphabetical order, as ever", async () => {
    const { database, close } = await kind.open();
    const words = kind.name === "SQLite" ? sqliteWords : postgresWords;
    const user = userRow();
    await database.inTransaction(async (trx) => {
      await sql`drop index entity_tags_by_entity`.execute(trx);
      for (const table of ["user_tags", "domain_tags", "entity_tags"]) {
        await sql`alter table ${sql.table(table)} drop column position`.execute(trx);
      }
      await sql`create index entity_tags_by_entity on entity_tags (domain_id, type, entity_id)`.execute(
        trx,
      );
      await trx.insertInto("users").values(user).execute();
      for (const tag of ["b", "c", "a"]) {
        await sql`insert into user_tags (user_id, tag) values (${user.id}, ${tag})`.execute(trx);
      }
      for (const statement of tagsInOrderStatements(words)) await sql.raw(statement).execute(trx);
    });
    expect((await readTags(database.read, [user.id])).get(user.id)).toEqual(["a", "b", "c"]);
    await close();
  });
});
