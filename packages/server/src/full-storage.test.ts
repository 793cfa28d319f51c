import { sql } from "kysely";
import type { Migration } from "kysely/migration";
import { expect, test } from "vitest";
import { migrate } from "./store/migrate.ts";
import { onEveryDatabase } from "./testing/on-every-database.ts";
import { startApp, type TestApp } from "./testing/start-app.ts";
import { openTestSqlite } from "./testing/test-databases.ts";

onEveryDatabase("a storage that is full", (kind) => {
  const run = ({ deps }: TestApp, statements: readonly string[]) =>
    deps.database.inTransaction(async (trx) => {
      for (const statement of statements) await sql.raw(statement).execute(trx);
    });

  /** Leaves no page, or on PostgreSQL lets every growth of a table fail as a full disk does. */
  const fill = async (server: TestApp) => {
    if (server.deps.database.dialect === "sqlite")
      return run(server, ["pragma max_page_count = 1"]);
    const fail = `create function no_room() returns trigger language plpgsql as
      'begin raise exception ''could not extend file: No space left on device'' using errcode = ''53100''; end'`;
    const tables = ["users", "domains", "instance"];
    const trigger = (table: string) =>
      `create trigger no_room before insert on ${table} execute function no_room()`;
    return run(server, [fail, ...tables.map(trigger)]);
  };

  const makeRoom = (server: TestApp) =>
    run(
      server,
      server.deps.database.dialect === "sqlite"
        ? ["pragma max_page_count = 4294967294"]
        : ["drop function no_room cascade"],
    );

  test("is said by every change with 503 storage_full, by /ready and in the log, until there is room", async () => {
    const server = await startApp(kind);
    const { admin, nobody } = server;
    // More than the pages that are half empty have room for.
    const metadata = { text: "x".repeat(60_000) };
    const create = (route: string) =>
      admin.call("POST", "/domains", { name: "Plant", route, metadata });
    const ready = async () => (await nobody.call("GET", "/ready")).status;
    expect([(await create("before")).status, await ready()]).toEqual([201, 200]);

    await fill(server);
    const refused = await create("during");
    expect([refused.status, refused.body.code]).toEqual([503, "storage_full"]);
    expect(refused.headers["retry-after"]).toBe("10");
    const unready = await nobody.call("GET", "/ready");
    expect([unready.status, unready.body.code]).toEqual([503, "storage_full"]);
    expect((await admin.call("GET", "/domains")).body.total).toBe(1);
    expect(server.logLines.join("")).toContain('"msg":"The storage is full"');

    await makeRoom(server);
    expect(await ready()).toBe(200);
    expect((await create("after")).status).toBe(201);
    const { domains } = (await admin.call("GET", "/domains")).body;
    const routes = domains.map(({ route }: { route: string }) => route);
    expect(routes.toSorted()).toEqual(["after", "before"]);
    await server.close();
  });
});

test("a migration that the storage has no room for says so, not only where it failed", async () => {
  const { database, close } = await openTestSqlite();
  const { rows } = await sql<{ name: string }>`select name from tessera_migration`.execute(
    database.read,
  );
  const insert = sql`insert into instance (name, value) values ('large', ${"x".repeat(60_000)})`;
  const migrations: Record<string, Migration> = {
    ...Object.fromEntries(rows.map(({ name }) => [name, { up: async () => {} }])),
    "9999-large": { up: async (db) => void (await insert.execute(db)) },
  };
  const migrating = database.inTransaction(async (trx) => {
    await sql`pragma max_page_count = 1`.execute(trx);
    await migrate(trx, migrations);
  });
  await expect(migrating).rejects.toThrow(
    "Migrating the database failed at 9999-large: database or disk is full",
  );
  await close();
});
