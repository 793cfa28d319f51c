import { sql } from "kysely";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openTestPostgres, type TestDatabase } from "../testing/test-databases.ts";
import { classifyDriverError } from "./driver-errors.ts";

let opened: TestDatabase;
beforeEach(async () => {
  opened = await openTestPostgres();
});
afterEach(() => opened.close());

test.each(["40001", "40P01"])(
  "PostgreSQL runs work again after error %s, from the start",
  async (code) => {
    let attempts = 0;
    await opened.database.inTransaction(async (trx) => {
      attempts += 1;
      await trx
        .insertInto("instance")
        .values({ name: "attempt", value: `${attempts}` })
        .execute();
      if (attempts < 3) await raise(code).execute(trx);
    });
    const rows = await opened.database.read.selectFrom("instance").select("value").execute();
    expect(rows).toEqual([{ value: "3" }]);
  },
);

test("PostgreSQL runs work again when the locks of others have left it no room", async () => {
  const { database } = opened;
  let attempts = 0;
  await database.inTransaction(async (trx) => {
    attempts += 1;
    await trx
      .insertInto("instance")
      .values({ name: "attempt", value: `${attempts}` })
      .execute();
    if (attempts < 3) await raise("53200").execute(trx);
  });
  const rows = await database.read.selectFrom("instance").select("value").execute();
  expect(rows).toEqual([{ value: "3" }]);
});

test("PostgreSQL gives up work that conflicts for ten seconds, as too much at a time", async () => {
  const beganAt = performance.now();
  const hopeless = opened.database.inTransaction(async (trx) => {
    await raise("40001").execute(trx);
  });
  expect(await hopeless.catch(classifyDriverError)).toMatchObject({ kind: "busy" });
  expect(performance.now() - beganAt).toBeGreaterThan(10_000);
});

test("many changes at once that all conflict are all made", async () => {
  const { database } = opened;
  const add = (name: string) =>
    database.inTransaction(async (trx) => {
      const rows = await trx.selectFrom("instance").select("name").execute();
      await sql`select pg_sleep(0.005)`.execute(trx);
      await trx
        .insertInto("instance")
        .values({ name, value: `${rows.length}` })
        .execute();
    });
  await Promise.all(Array.from({ length: 100 }, (_, index) => add(`name ${index}`)));
  const rows = await database.read.selectFrom("instance").select("value").execute();
  // Each has counted all that were there before it.
  expect(new Set(rows.map(({ value }) => value)).size).toBe(100);
});

test("two changes of different rows have no conflict, however small the table is", async () => {
  const { database } = opened;
  const rows = ["a", "b", "c", "d"].map((name) => ({ name, value: "before" }));
  await database.inTransaction((trx) => trx.insertInto("instance").values(rows).execute());
  // Else PostgreSQL takes a table of which it knows nothing for a larger one.
  await database.inTransaction((trx) => sql`analyze instance`.execute(trx));
  const bothHaveRead = Promise.withResolvers<void>();
  let attempts = 0;
  const change = (read: string, written: string) =>
    database.inTransaction(async (trx) => {
      attempts += 1;
      await trx.selectFrom("instance").select("value").where("name", "=", read).execute();
      if (attempts === 2) bothHaveRead.resolve();
      await bothHaveRead.promise;
      const set = { value: "after" };
      await trx.updateTable("instance").set(set).where("name", "=", written).execute();
    });
  await Promise.all([change("a", "b"), change("c", "d")]);
  expect(attempts).toBe(2);
});

test("what is done again after a conflict holds up nobody else, and whoever asked for it hears of it", async () => {
  const { database } = opened;
  const mayGoOn = Promise.withResolvers<void>();
  let attempts = 0;
  let conflicts = 0;
  const whom = {
    caller: "ada",
    onListTime: () => {},
    onConflict: () => {
      conflicts += 1;
    },
  };
  const again = Promise.withResolvers<void>();
  const repeated = database.runFor(whom, () =>
    database.inTransaction(async (trx) => {
      attempts += 1;
      if (attempts === 1) await raise("40001").execute(trx);
      again.resolve();
      await mayGoOn.promise;
    }),
  );
  await again.promise;
  await database.inTransaction((trx) =>
    trx.insertInto("instance").values({ name: "other", value: "1" }).execute(),
  );
  mayGoOn.resolve();
  await repeated;
  expect([attempts, conflicts]).toEqual([2, 1]);
});

test("a list takes one of PostgreSQL's cores and no more", async () => {
  const { lists, read } = opened.database;
  const shown = sql<Record<string, string>>`show max_parallel_workers_per_gather`;
  const [ofLists, ofReads] = [await shown.execute(lists), await shown.execute(read)];
  expect(ofLists.rows).toEqual([{ max_parallel_workers_per_gather: "0" }]);
  expect(ofReads.rows).not.toEqual(ofLists.rows);
});

test("an error that is no conflict is not tried again", async () => {
  let attempts = 0;
  const failing = opened.database.inTransaction(async (trx) => {
    attempts += 1;
    await raise("22012").execute(trx);
  });
  await expect(failing).rejects.toThrow("raised");
  expect(attempts).toBe(1);
});

test("a change that waits for what somebody frozen holds is given up as busy, and changes nothing", async () => {
  const { database, options } = opened;
  await database.inTransaction((trx) =>
    trx.insertInto("instance").values({ name: "lock", value: "free" }).execute(),
  );
  const frozen = new pg.Client(options.databaseUrl);
  await frozen.connect();
  await frozen.query("begin; select 1 from instance where name = 'lock' for update");
  let attempts = 0;
  const waiting = database.inTransaction(async (trx) => {
    attempts += 1;
    await trx.updateTable("instance").set({ value: "taken" }).where("name", "=", "lock").execute();
  });
  expect(await waiting.catch(classifyDriverError)).toMatchObject({ kind: "busy" });
  expect(attempts).toBe(1);
  await frozen.query("rollback");
  await frozen.end();
  const rows = await database.read.selectFrom("instance").select("value").execute();
  expect(rows).toEqual([{ value: "free" }]);
});

test("PostgreSQL serves again after all its connections were broken, used and idle", async () => {
  const { database, options } = opened;
  const reads = [1, 2, 3].map(() =>
    database.preparedRead("select count(*) as users from users where id <> ?"),
  );
  const readAll = () => Promise.all(reads.map((read) => read(["nobody"])));
  const used = database.inTransaction((trx) => sql`select pg_sleep(10)`.execute(trx));
  const outcome = used.catch(classifyDriverError);
  await readAll();

  const client = new pg.Client(options.databaseUrl);
  await client.connect();
  const others = "datname = current_database() and pid <> pg_backend_pid()";
  await client.query(`select pg_terminate_backend(pid) from pg_stat_activity where ${others}`);
  await client.end();

  expect(await outcome).toEqual({ kind: "unavailable" });
  expect(await readAll()).toEqual([{ users: 0 }, { users: 0 }, { users: 0 }]);
  expect(await database.isReachable()).toBe(true);
});

function raise(code: string) {
  return sql`do ${sql.lit(`begin raise exception 'raised' using errcode = '${code}'; end`)}`;
}
