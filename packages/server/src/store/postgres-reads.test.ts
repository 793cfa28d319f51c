import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestPostgres, type TestDatabase } from "../testing/test-databases.ts";
import { classifyDriverError } from "./driver-errors.ts";

interface Kept {
  readonly name: string;
  readonly value: string;
}

const names = Array.from({ length: 80 }, (_, index) => `name {${index}}, "quoted" \\ '`);

let opened: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  opened = await openTestPostgres();
  const rows = names.map((name) => ({ name, value: `value of ${name}` }));
  await opened.database.inTransaction((trx) => trx.insertInto("instance").values(rows).execute());
  client = new pg.Client(opened.options.databaseUrl);
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await opened.close();
});

const prepare = () =>
  opened.database.preparedRead<Kept>("select name, value from instance where name = ?");

test("of many reads at once each finds its own row, or none", async () => {
  const read = prepare();
  const asked = names.flatMap((name) => [name, `no ${name}`, name]);
  const found = await Promise.all(asked.map(async (name) => read([name])));
  expect(found.map((row) => row?.value)).toEqual(
    asked.map((name) => (name.startsWith("no") ? undefined : `value of ${name}`)),
  );
});

test("reads at once go by all parts of their keys", async () => {
  const read = opened.database.preparedRead<Kept>(
    "select name, value from instance where name = ? and value = ?",
  );
  const [first = "", second = ""] = names;
  const found = await Promise.all([
    read([first, `value of ${first}`]),
    read([first, `value of ${second}`]),
    read([second, `value of ${second}`]),
  ]);
  expect(found.map((row) => row?.name)).toEqual([first, undefined, second]);
});

test("reads in one turn of the event loop are one statement", async () => {
  const read = opened.database.preparedRead<Kept>(
    "select name, value from instance where name = ? and 'one turn' <> ''",
  );
  // More than there are connections, of which each would be asked.
  await Promise.all(names.slice(0, 20).map(async (name) => read([name])));
  const { rows } = await client.query(
    `select query from pg_stat_activity where datname = current_database()
      and application_name = 'tessera reads' and query like '%one turn%'`,
  );
  expect(rows).toHaveLength(1);
});

test("what is committed before a read is asked for is in it, whatever was asked for just before", async () => {
  const read = prepare();
  const [name = ""] = names;
  const before = read([name]);
  await client.query("update instance set value = 'new' where name = $1", [name]);
  const [after] = await Promise.all([read([name]), before]);
  expect(after?.value).toBe("new");
});

test("a key that PostgreSQL cannot hold fails alone", async () => {
  const read = prepare();
  const name = names[1] ?? "";
  const [good, bad] = await Promise.allSettled([read([name]), read(["\0"])]);
  expect(good).toMatchObject({ status: "fulfilled", value: { value: `value of ${name}` } });
  expect(bad.status === "rejected" && classifyDriverError(bad.reason).kind).toBe("unstorable");
});

test("where a statement fails, all who asked at once are told so", async () => {
  const read = opened.database.preparedRead<Kept>("select nothing from instance where name = ?");
  const asked = await Promise.allSettled(names.slice(0, 3).map(async (name) => read([name])));
  expect(asked.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
});
