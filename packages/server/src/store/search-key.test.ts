import { sql } from "kysely";
import { describe, expect, test } from "vitest";
import { onEveryDatabase } from "../testing/on-every-database.ts";
import { domainRow, entityRow, tokenRow, userRow } from "../testing/test-rows.ts";
import { variedTexts } from "../testing/varied-text.ts";
import { boundedKeysStatements } from "./migrations/0002-bounded-keys.ts";
import { searchKey, searchKeyLength, uniqueKey } from "./search-key.ts";

describe("the key of a name", () => {
  test("has neither case nor more than one form of a letter", () => {
    expect(searchKey("ÉCOLE")).toBe(searchKey("e\u0301cole"));
  });

  test.each([
    ["x", "x".repeat(1024), "x".repeat(searchKeyLength)],
    ["pairs", "😀".repeat(512), "😀".repeat(searchKeyLength)],
    ["a pair across the end", `${"x".repeat(254)}😀y`, `${"x".repeat(254)}😀`],
    ["pairs after a letter", `x${"😀".repeat(511)}`, `x${"😀".repeat(254)}`],
    ["just as many", "😀".repeat(searchKeyLength), "😀".repeat(searchKeyLength)],
    ["what grows in lower case", "İ".repeat(255), `${"i̇".repeat(127)}i`],
  ])("is at most 255 code points, whole ones: %s", (_, text, key) => {
    expect(searchKey(text)).toBe(key);
    expect(searchKey(text).isWellFormed()).toBe(true);
  });

  test("of what is unique is that of the whole text", () => {
    expect(uniqueKey(`${"A".repeat(300)}`)).toBe("a".repeat(300));
  });
});

onEveryDatabase("keys in an older database", (kind) => {
  test("are bounded by the upgrade, the names as they were, and found as before", async () => {
    const opened = await kind.open();
    const name = variedTexts[0]?.make(600, 1) ?? "";
    const pairs = "𠀀".repeat(400);
    const user = userRow({ first_name: name, first_name_key: name.slice(0, 400) });
    const domain = domainRow({ name: pairs, name_key: pairs });
    const entity = entityRow({ domain_id: domain.id, type: "clients", name });
    const short = domainRow({ name: "Plant" });
    const token = tokenRow({ user_id: user.id, name: "ci" });
    await opened.database.inTransaction(async (trx) => {
      await trx.insertInto("users").values(user).execute();
      await trx.insertInto("domains").values([domain, short]).execute();
      await trx
        .insertInto("entities")
        .values({ ...entity, name_key: name.slice(0, 500) })
        .execute();
      await trx.insertInto("tokens").values(token).execute();
      for (const statement of boundedKeysStatements()) await sql.raw(statement).execute(trx);
    });

    const upgraded = opened.database;
    const users = await upgraded.read.selectFrom("users").selectAll().execute();
    expect(users).toMatchObject([{ first_name: name, first_name_key: searchKey(name) }]);
    const entities = await upgraded.read.selectFrom("entities").selectAll().execute();
    expect(entities).toMatchObject([{ name, name_key: searchKey(name) }]);
    const found = await upgraded.read
      .selectFrom("domains")
      .selectAll()
      .where((eb) => upgraded.containsText(eb.ref("name_key"), pairs))
      .execute();
    expect(found).toMatchObject([{ id: domain.id, name: pairs, name_key: "𠀀".repeat(255) }]);
    const kept = await upgraded.read
      .selectFrom("domains")
      .select("name_key")
      .where("id", "=", short.id)
      .execute();
    expect(kept).toMatchObject([{ name_key: "plant" }]);
    await opened.close();
  });
});
