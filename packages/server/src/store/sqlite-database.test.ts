import { copyFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type RawBuilder, sql } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openTestSqlite, type TestDatabase } from "../testing/test-databases.ts";
import type { Trx } from "./database.ts";
import { classifyDriverError } from "./driver-errors.ts";
import { openSqlite } from "./sqlite-database.ts";

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

test("lists run two at a time, and whoever asks for one waits for no more than one of those who ask for many", async () => {
  const { database, close } = await openTestSqlite({ listTimeoutMilliseconds: 300 });
  const answered: string[] = [];
  const listFor = (caller: string, query: RawBuilder<unknown>) =>
    database.runFor({ caller }, async () => {
      await query.execute(database.lists).catch(() => {});
      answered.push(caller);
    });
  // Takes for ever, until its time is over.
  const long = sql`
    with recursive n(i) as (select 1 union all select i + 1 from n)
    select count(*) from n where ${database.inTime(sql.ref("i"))}`;
  const many = Array.from({ length: 6 }, () => listFor("many", long));
  const one = listFor("one", sql`select count(*) from users`);
  await Promise.all([...many, one]);
  // Two are under way when the one is asked for; the next place is theirs.
  expect(answered.indexOf("one")).toBeLessThanOrEqual(2);
  await close();
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

test("an insertion that fails in a transaction fails the transaction, with nothing of it done", async () => {
  const { database } = opened;
  const insert = (trx: Trx, name: string) =>
    trx.insertInto("instance").values({ name, value: "" }).execute();
  const namesOf = async () => {
    const named = database.read.selectFrom("instance").select("name");
    return (await named.where("name", "like", "held-%").execute()).map(({ name }) => name);
  };
  await database.inTransaction((trx) => insert(trx, "held-1"));
  const works: readonly ((trx: Trx) => Promise<unknown>)[] = [
    (trx) => insert(trx, "held-1"),
    async (trx) => {
      await insert(trx, "held-1");
      return trx.selectFrom("instance").selectAll().execute();
    },
    async (trx) => {
      await insert(trx, "held-2");
      await insert(trx, "held-1");
      await insert(trx, "held-3");
    },
  ];
  for (const work of works) {
    const error = await database.inTransaction(work).catch((reason: unknown) => reason);
    expect(classifyDriverError(error)).toMatchObject({ kind: "unique" });
    expect(await namesOf()).toEqual(["held-1"]);
  }
  await database.inTransaction((trx) => insert(trx, "held-4"));
  expect(await namesOf()).toEqual(["held-1", "held-4"]);
});

test("a transaction sees what it has inserted, however much of it was held back", async () => {
  await opened.database.inTransaction(async (trx) => {
    const count = () =>
      trx
        .selectFrom("instance")
        .where("name", "like", "row-%")
        .select(({ fn }) => fn.countAll<number>().as("count"))
        .executeTakeFirstOrThrow();
    for (let number = 0; number < 40; number += 1) {
      await trx
        .insertInto("instance")
        .values({ name: `row-${number}`, value: "" })
        .execute();
      if (number % 9 === 0) expect(await count()).toEqual({ count: number + 1 });
    }
    expect(await count()).toEqual({ count: 40 });
  });
});

test("of a transaction that throws before or after its first statement nothing is left", async () => {
  const { database } = opened;
  for (const isBeforeAny of [true, false]) {
    const failing = database.inTransaction(async (trx) => {
      if (!isBeforeAny) await trx.selectFrom("instance").selectAll().execute();
      await trx.insertInto("instance").values({ name: "thrown", value: "" }).execute();
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    const named = database.read.selectFrom("instance").where("name", "=", "thrown");
    expect(await named.selectAll().execute()).toEqual([]);
  }
  await expect(database.inTransaction(async () => "nothing")).resolves.toBe("nothing");
});

test("what works beside a server waits for no server to end, neither to begin nor to close", async () => {
  const begun = performance.now();
  const options = { dataDir: opened.options.dataDir, listTimeoutMilliseconds: 1_000 };
  const beside = await openSqlite({ ...options, isBesideServer: true });
  await sql`select 1`.execute(beside.read);
  await beside.close();
  // A server that is started waits for a second at least, and it would be asked for twice.
  expect(performance.now() - begun).toBeLessThan(2_000);
  await expect(openSqlite(options)).rejects.toThrow("Another Tessera is running");
  expect(performance.now() - begun).toBeGreaterThan(1_000);
});
