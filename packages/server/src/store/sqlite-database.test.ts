import { copyFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { sql } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openTestSqlite, type TestDatabase } from "../testing/test-databases.ts";

let opened: TestDatabase;
beforeEach(async () => {
  opened = await openTestSqlite();
});
afterEach(() => opened.close());

test("SQLite transactions run one at a time in the order they were asked for", async () => {
  const steps: string[] = [];
  const transactions = [1, 2, 3].map((number) =>
    opened.database.inTransaction(async (trx) => {
      steps.push(`${number} begins`);
      await sql`select 1`.execute(trx);
      await new Promise((resolve) => setTimeout(resolve, 5));
      steps.push(`${number} ends`);
      if (number === 2) throw new Error("no");
    }),
  );
  const results = await Promise.allSettled(transactions);
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(steps).toEqual(["1 begins", "1 ends", "2 begins", "2 ends", "3 begins", "3 ends"]);
});

test("more different statements than SQLite keeps prepared all work, and again", async () => {
  for (const round of [1, 2]) {
    for (let number = 0; number < 600; number += 1) {
      const { rows } = await sql<{ value: number }>`select ${sql.lit(number)} as value`.execute(
        opened.database.read,
      );
      expect(rows[0]?.value, `round ${round}`).toBe(number);
    }
  }
});

test("SQLite syncs every commit to the disk and checks foreign keys", async () => {
  const pragmas = await opened.database.inTransaction(async (trx) => {
    const { rows: journal } = await sql<{ journal_mode: string }>`pragma journal_mode`.execute(trx);
    const { rows: sync } = await sql<{ synchronous: number }>`pragma synchronous`.execute(trx);
    const { rows: keys } = await sql<{ foreign_keys: number }>`pragma foreign_keys`.execute(trx);
    return { ...journal[0], ...sync[0], ...keys[0] };
  });
  expect(pragmas).toEqual({ journal_mode: "wal", synchronous: 2, foreign_keys: 1 });
});

test("a read sees what was committed before it, however near the commit", async () => {
  const { database } = opened;
  const prepared = database.preparedRead<{ value: string }>(
    "select value from instance where name = ?",
  );
  const readAll = async () => [
    await prepared(["turn"]),
    await database.read
      .selectFrom("instance")
      .select("value")
      .where("name", "=", "turn")
      .executeTakeFirst(),
  ];
  expect(await readAll()).toEqual([undefined, undefined]);
  for (const value of ["1", "2", "3"]) {
    const before = await readAll();
    const writing = database.inTransaction(async (trx) => {
      await trx
        .insertInto("instance")
        .values({ name: "turn", value })
        .onConflict((conflict) => conflict.column("name").doUpdateSet({ value }))
        .execute();
    });
    expect(await readAll()).toEqual(before);
    await writing;
    expect(await readAll()).toEqual([{ value }, { value }]);
  }
});

test("reads without a pause do not let the WAL grow without end", async () => {
  const { database, options } = opened;
  const value = "x".repeat(20_000);
  for (let round = 0; round < 600; round += 1) {
    await database.read.selectFrom("instance").selectAll().execute();
    await database.inTransaction((trx) =>
      trx
        .insertInto("instance")
        .values({ name: "large", value: value + round })
        .onConflict((conflict) => conflict.column("name").doUpdateSet({ value }))
        .execute(),
    );
    await database.read.selectFrom("instance").selectAll().execute();
  }
  const wal = statSync(join(options.dataDir, "tessera.sqlite-wal"));
  expect(wal.size).toBeLessThan(6 * 1024 * 1024);
});

test("between transactions that wait for each other the process goes on with everything else", async () => {
  const order: string[] = [];
  setImmediate(() => order.push("else"));
  const work = (name: string) =>
    opened.database.inTransaction(async (trx) => {
      await trx.selectFrom("instance").selectAll().execute();
      order.push(name);
    });
  await Promise.all([work("a"), work("b"), work("c")]);
  expect(order.filter((name) => name !== "else")).toEqual(["a", "b", "c"]);
  expect(order.indexOf("else")).toBeLessThan(order.indexOf("b"));
});

test("what is folded back is in the file itself, without its journal", async () => {
  const { database, options } = opened;
  await database.inTransaction((trx) =>
    trx.insertInto("instance").values({ name: "kept", value: "yes" }).execute(),
  );
  const rowsInFileAlone = () => {
    const copy = join(options.dataDir, "copy.sqlite");
    copyFileSync(join(options.dataDir, "tessera.sqlite"), copy);
    const alone = new DatabaseSync(copy, { readOnly: true });
    const rows = alone.prepare("select value from instance where name = 'kept'").all();
    alone.close();
    return rows.length;
  };
  expect(rowsInFileAlone()).toBe(0);
  await database.foldJournal();
  expect(rowsInFileAlone()).toBe(1);
});
