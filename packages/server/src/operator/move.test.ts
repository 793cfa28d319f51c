import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseConfig } from "../config.ts";
import { verifyDatabase } from "../features/audit/verify-database.ts";
import { openDatabase } from "../store/database.ts";
import { readPlainly } from "../store/inspection.ts";
import { DatabaseSetupError } from "../store/setup-error.ts";
import { sqlitePath } from "../store/sqlite-files.ts";
import { requireStatus, startApp, type TestApp } from "../testing/start-app.ts";
import {
  openTestPostgres,
  type TestDatabase,
  type TestDatabaseKind,
  testDatabases,
} from "../testing/test-databases.ts";
import { move } from "./move.ts";

const [sqlite, postgres] = testDatabases as [TestDatabaseKind, TestDatabaseKind];

let server: TestApp;
let target: TestDatabase;
beforeAll(async () => {
  server = await startApp(sqlite);
  target = await openTestPostgres();
});
afterAll(async () => {
  await server.close();
  await target.close();
});

const run = () =>
  move(
    parseConfig({ TESSERA_DATA_DIR: server.testDatabase.options.dataDir }),
    target.options.databaseUrl ?? "",
  );

test("what SQLite holds is the same in PostgreSQL, and works there", async () => {
  const [ada, bob] = [await server.newUser(), await server.newUser()];
  const domainId = await server.newDomain(ada);
  const create = async (type: string, body: object) =>
    requireStatus(await ada.call("POST", `/${domainId}/${type}`, body), 201).id as string;
  // The younger one is above: what refers to others of its table is not in the order of its making.
  const lower = await create("groups", { name: 'Lower — \u{1F527} \\ " { }' });
  const upper = await create("groups", { name: "Upper" });
  requireStatus(
    await ada.call("POST", `/${domainId}/groups/${upper}/children`, { children_ids: [lower] }),
    200,
  );
  const client = await create("clients", {
    name: "Pump, NULL",
    metadata: { deep: [1, "ä", null] },
    tags: ["b", "a"],
    parent_group_id: lower,
  });
  const token = await server.newToken(ada, domainId, ["clients:view:*"]);
  const before = requireStatus(await token.call("GET", `/${domainId}/clients/${client}`), 200);
  await expect(run()).rejects.toThrow(/^Another Tessera is running on the data folder/);
  await server.app.close();
  await server.testDatabase.database.close();

  await target.database.inTransaction((trx) =>
    trx.insertInto("instance").values({ name: "there", value: "already" }).execute(),
  );
  await expect(run()).rejects.toThrow(/^The database of --to is not empty.* \(rows in instance\)/);
  await target.database.inTransaction((trx) => trx.deleteFrom("instance").execute());
  const onTarget = (statement: string) =>
    target.database.inTransaction(async (trx) => void (await sql.raw(statement).execute(trx)));
  await onTarget(`create function spoil() returns trigger language plpgsql as
    $$ begin new.name := 'another'; return new; end $$`);
  await onTarget(
    "create trigger spoil before insert on tokens for each row execute function spoil()",
  );
  await expect(run()).rejects.toThrow(/^tokens is not the same .* nothing was moved/);
  await onTarget("drop trigger spoil on tokens");
  const said = await run();
  expect(said).toMatch(/^Moved, [\s\S]*\n {2}users +3 {2}[0-9a-f]{64}\n/);
  await expect(run()).rejects.toThrow(/^The database of --to is not empty/);

  const there = await startApp(postgres, { sameDatabaseAs: { testDatabase: target } });
  const after = await there.bearer(token.secret).call("GET", `/${domainId}/clients/${client}`);
  expect(after.body).toEqual(before);
  const paths = requireStatus(
    await there.bearer(ada.accessToken).call("GET", `/${domainId}/groups/${lower}`),
    200,
  );
  expect(paths.parent_id).toBe(upper);
  await there.signIn(bob.username, bob.password);
  expect(await verifyDatabase(there.deps.database, there.deps.keys.audit, [])).toMatchObject({
    faults: [],
    chains: expect.any(Number),
  });
  requireStatus(
    await there.newDomain(await there.newUser()).then(() => there.nobody.call("GET", "/health")),
    200,
  );
  await there.close();
});

test("a database with somebody else's tables is none to move into", async () => {
  const other = await openTestPostgres();
  await other.database.inTransaction(async (trx) => {
    await sql`create table accounts (id int)`.execute(trx);
  });
  const config = parseConfig({ TESSERA_DATA_DIR: server.testDatabase.options.dataDir });
  await expect(move(config, other.options.databaseUrl ?? "")).rejects.toThrow(
    /^The database of --to is not empty.* \(a table accounts\)/,
  );
  const tables = await readPlainly(other.options, (db) => db.introspection.getTables());
  expect(tables.map(({ name }) => name)).toContain("accounts");
  await other.close();
});

describe("of a file that somebody has worked on", () => {
  let dataDir: string;
  let empty: TestDatabase;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "tessera-move-"));
    empty = await openTestPostgres();
    await (await openDatabase({ dataDir })).close();
  });
  afterAll(async () => {
    await empty.close();
    await rm(dataDir, { recursive: true });
  });
  const moveIt = () =>
    move(parseConfig({ TESSERA_DATA_DIR: dataDir }), empty.options.databaseUrl ?? "");
  const change = (statement: string) => {
    const file = new DatabaseSync(sqlitePath(dataDir));
    file.exec(`pragma foreign_keys = off; ${statement}`);
    file.close();
  };

  test("a row that PostgreSQL cannot hold is named, and nothing is moved", async () => {
    change("insert into instance (name, value) values ('odd', 'a' || char(0))");
    await expect(moveIt()).rejects.toThrow(
      "PostgreSQL does not take the text U+0000, which instance.value has where name is odd, and nothing was moved",
    );
    change("update instance set value = 'true \ufffd'");
    change("insert into instance (name, value) values ('bytes', cast(x'61c328ff' as text))");
    await expect(moveIt()).rejects.toThrow(
      "instance.value, where name is bytes, is no text in UTF-8, and nothing was moved",
    );
    change("delete from instance; insert into user_tags values ('nobody', 'a', 0)");
    const failure = await moveIt().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(DatabaseSetupError);
    expect((failure as Error).message).toMatch(
      /^PostgreSQL does not take a row of user_tags \(.*foreign key/,
    );
    change("delete from user_tags");
  });

  test("a target in another encoding is told as what it is", async () => {
    const url = new URL(process.env.TESSERA_TEST_POSTGRES_URL ?? "");
    const cluster = new pg.Client(url.href);
    await cluster.connect();
    const name = `latin_${process.pid}_${Date.now()}`;
    await cluster.query(`create database ${name} encoding 'LATIN1' locale 'C' template template0`);
    change("insert into instance (name, value) values ('far', '王')");
    const to = Object.assign(new URL(url), { pathname: `/${name}` }).href;
    await expect(move(parseConfig({ TESSERA_DATA_DIR: dataDir }), to)).rejects.toThrow(
      /^PostgreSQL does not take a row of instance .*LATIN1.*: make the target with ENCODING 'UTF8'$/,
    );
    await cluster.query(`drop database ${name} with (force)`);
    await cluster.end();
    change("delete from instance");
  });

  test("what is not Tessera's stays where it is, and is named on one line", async () => {
    change("insert into instance (name, value) values ('odd', 'true \ufffd')");
    change(`create table planted (a text); create table "x y" (a text); create table "\u001b[2J" (a text);
      create table one (a integer primary key references other (a));
      create table other (a integer primary key references one (a));
      alter table users add column planted text; create view seen as select 1;
      create trigger spoil after insert on users begin delete from tokens; end`);
    const said = (await moveIt()).split("\n");
    expect(said).toContain(
      "Left, as it is not Tessera's: table planted, table x y, table \\u001b[2J, table one, table other, view seen, trigger spoil on users, column users.planted",
    );
    const there = await readPlainly(empty.options, (db) => db.introspection.getTables());
    expect(there.map(({ name }) => name)).not.toContain("planted");
  });

  test("a table that is gone, and what only a newer version knows, are no database to move", async () => {
    change("insert into tessera_migration (name, timestamp) values ('9999-later', '')");
    await expect(moveIt()).rejects.toThrow(/newer version .*9999-later/);
    change("delete from tessera_migration where name = '9999-later'; drop table jobs");
    await expect(moveIt()).rejects.toThrow(
      `${sqlitePath(dataDir)} lacks the table jobs, which this version has made: restore a backup`,
    );
  });
});
