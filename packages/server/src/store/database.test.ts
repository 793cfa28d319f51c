import { sql, type Transaction } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { onEveryDatabase } from "../testing/on-every-database.ts";
import type { TestDatabase } from "../testing/test-databases.ts";
import { domainRow, tokenRow, userRow } from "../testing/test-rows.ts";
import type { Database } from "./database.ts";
import type { Schema } from "./schema.ts";

onEveryDatabase("the database", (kind) => {
  let opened: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    opened = await kind.open();
    database = opened.database;
  });
  afterAll(() => opened.close());

  const insertDomain = async (overrides: Partial<ReturnType<typeof domainRow>> = {}) => {
    const row = domainRow(overrides);
    await database.inTransaction((trx) => trx.insertInto("domains").values(row).execute());
    return row;
  };
  const findDomain = (id: string) =>
    database.read.selectFrom("domains").selectAll().where("id", "=", id).executeTakeFirst();

  test("a row comes back as it was written, with its defaults and numbers as numbers", async () => {
    const domain = await insertDomain({ metadata: '{"site":"north"}' });
    expect({ ...(await findDomain(domain.id)) }).toEqual({
      ...domain,
      status: "enabled",
      created_by: null,
      updated_by: null,
      updated_at: null,
      audit_keep_days: null,
    });
  });

  test("counts and sums are numbers", async () => {
    await insertDomain();
    const { all, sum } = await database.read
      .selectFrom("domains")
      .select((eb) => [
        eb.fn.countAll<number>().as("all"),
        eb.fn.sum<number>("created_at").as("sum"),
      ])
      .executeTakeFirstOrThrow();
    expect(typeof all).toBe("number");
    expect(typeof sum).toBe("number");
  });

  test("a transaction that throws leaves nothing, and its error is the one thrown", async () => {
    const domain = domainRow();
    const failure = new Error("no");
    const work = async (trx: Transaction<Schema>) => {
      await trx.insertInto("domains").values(domain).execute();
      throw failure;
    };
    await expect(database.inTransaction(work)).rejects.toBe(failure);
    expect(await findDomain(domain.id)).toBeUndefined();
  });

  test("the reading handle neither waits for a transaction nor sees it before its commit", async () => {
    const domain = domainRow();
    const written = Promise.withResolvers<void>();
    const mayCommit = Promise.withResolvers<void>();
    const committed = database.inTransaction(async (trx) => {
      await trx.insertInto("domains").values(domain).execute();
      written.resolve();
      await mayCommit.promise;
    });
    await written.promise;
    expect(await findDomain(domain.id)).toBeUndefined();
    mayCommit.resolve();
    await committed;
    expect(await findDomain(domain.id)).toBeDefined();
  });

  test("a limit that is counted and then used up holds for concurrent callers", async () => {
    const user = userRow();
    await database.inTransaction((trx) => trx.insertInto("users").values(user).execute());
    const createTokenUpTo = (limit: number) =>
      database.inTransaction(async (trx) => {
        const { count } = await trx
          .selectFrom("tokens")
          .select((eb) => eb.fn.countAll<number>().as("count"))
          .where("user_id", "=", user.id)
          .executeTakeFirstOrThrow();
        if (count >= limit) return false;
        await trx
          .insertInto("tokens")
          .values(tokenRow({ user_id: user.id }))
          .execute();
        return true;
      });
    const created = await Promise.all(Array.from({ length: 6 }, () => createTokenUpTo(2)));
    expect(created.filter(Boolean)).toHaveLength(2);
  });

  test("a transaction inside a transaction is refused instead of waiting for itself", async () => {
    const nested = database.inTransaction(() => database.inTransaction(async () => 1));
    await expect(nested).rejects.toThrow("use its own handle");
  });

  test("an outer handle inside a transaction is refused", async () => {
    const readOne = database.preparedRead("select id from domains where id = ?");
    await expect(database.inTransaction(() => findDomain("x"))).rejects.toThrow(/own handle/);
    await expect(database.inTransaction(async () => readOne(["x"]))).rejects.toThrow(/own handle/);
  });

  test("work started in a transaction may use the database once that has ended", async () => {
    let later: Promise<unknown> | undefined;
    await database.inTransaction(async () => {
      later = new Promise((resolve) => setTimeout(resolve, 20)).then(() => findDomain("x"));
    });
    await expect(later).resolves.toBeUndefined();
  });

  test("the reading handle cannot write", async () => {
    const writing = database.read.insertInto("domains").values(domainRow()).execute();
    await expect(writing).rejects.toThrow("only reads");
  });

  test("a prepared read gives the row, or nothing, and sees every commit", async () => {
    const read = database.preparedRead<{ name: string }>(
      "select name from domains where id = ? and status = ?",
    );
    const domain = domainRow({ name: "Mill" });
    expect(await read([domain.id, "enabled"])).toBeUndefined();
    await insertDomain(domain);
    expect({ ...(await read([domain.id, "enabled"])) }).toEqual({ name: "Mill" });
    expect(await read([domain.id, "disabled"])).toBeUndefined();
    await database.inTransaction((trx) =>
      trx.updateTable("domains").set({ name: "Dock" }).where("id", "=", domain.id).execute(),
    );
    expect({ ...(await read([domain.id, "enabled"])) }).toEqual({ name: "Dock" });
  });

  test("text sorts by its bytes, and nulls where the query says", async () => {
    const user = userRow();
    const names = ["a", "B", "é", "Z", "_", "10", "9", "ä", "e\u0301", "😀", "\uFFFD", "", " "];
    const tokens = names.map((name, index) =>
      tokenRow({
        user_id: user.id,
        name,
        name_key: name,
        last_used_at: index % 2 ? index : null,
      }),
    );
    await database.inTransaction(async (trx) => {
      await trx.insertInto("users").values(user).execute();
      await trx.insertInto("tokens").values(tokens).execute();
    });
    const mine = database.read.selectFrom("tokens").selectAll().where("user_id", "=", user.id);
    const byName = await mine.orderBy("name_key").execute();
    const byteOrder = names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect(byName.map(({ name_key }) => name_key)).toEqual(byteOrder);
    const byUse = await mine
      .orderBy("last_used_at", (order) => order.desc().nullsLast())
      .orderBy("id")
      .execute();
    expect(byUse.map(({ last_used_at }) => last_used_at)).toEqual([
      ...[11, 9, 7, 5, 3, 1],
      ...Array(7).fill(null),
    ]);
  });

  test.each([
    ["100% sure", "100%", true],
    ["100 sure", "100%", false],
    ["snake_case", "e_c", true],
    ["snakeXcase", "e_c", false],
    ["back\\slash", "k\\s", true],
    ["backslash", "k\\s", false],
    ["Économie", "éCO", true],
    ["Straße", "STRASSE", false],
    ["anything", "", true],
    ["it's", "'", true],
  ])("searching %j for %j: %j", async (name, text, isFound) => {
    const domain = await insertDomain({ name });
    const found = await database.read
      .selectFrom("domains")
      .select("id")
      .where("id", "=", domain.id)
      .where((eb) => database.containsText(eb.ref("name_key"), text))
      .execute();
    expect(found.length === 1).toBe(isFound);
  });

  test("metadata that is not JSON is refused", async () => {
    await expect(insertDomain({ metadata: "{'a':1}" })).rejects.toThrow();
  });

  test("it is reachable while open and not after", async () => {
    const other = await kind.open();
    expect(await other.database.isReachable()).toBe(true);
    await other.close();
    expect(await other.database.isReachable()).toBe(false);
  });

  test("closing lets the transactions that were asked for end", async () => {
    const other = await kind.open();
    const steps: string[] = [];
    const work = async (trx: Transaction<Schema>) => {
      await sql`select 1`.execute(trx);
      steps.push("done");
    };
    const ended = Promise.all([1, 2].map(() => other.database.inTransaction(work)));
    await other.close();
    steps.push("closed");
    await ended;
    expect(steps).toEqual(["done", "done", "closed"]);
  });
});
