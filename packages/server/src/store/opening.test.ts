import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import pg from "pg";
import { afterEach, describe, expect, test } from "vitest";
import { onEveryDatabase } from "../testing/on-every-database.ts";
import { type DatabaseOptions, openDatabase } from "./database.ts";
import { NewerDatabaseError } from "./migrate.ts";
import { listMigrations } from "./migrations/index.ts";
import { postgresWords } from "./migrations/sql-words.ts";

onEveryDatabase("opening a database", (kind) => {
  test("what was written is there after closing and opening again", async () => {
    const opened = await kind.open();
    await opened.database.inTransaction((trx) =>
      trx.insertInto("instance").values({ name: "kept", value: "yes" }).execute(),
    );
    await opened.database.close();
    const again = await openDatabase(opened.options);
    const row = await again.read.selectFrom("instance").selectAll().executeTakeFirst();
    expect({ ...row }).toEqual({ name: "kept", value: "yes" });
    await again.close();
    await opened.close();
  });

  test("a database that a newer version has migrated is refused in a clear sentence", async () => {
    const opened = await kind.open();
    await opened.database.inTransaction((trx) =>
      sql`insert into tessera_migration (name, timestamp) values ('9999-later', '2030-01-01T00:00:00.000Z')`.execute(
        trx,
      ),
    );
    await opened.database.close();
    const opening = openDatabase(opened.options);
    await expect(opening).rejects.toThrow(NewerDatabaseError);
    await expect(opening).rejects.toThrow(
      /newer version of Tessera \(unknown migration: 9999-later\)/,
    );
    await opened.close();
  });
});

describe("several processes", () => {
  const started: ChildProcess[] = [];
  afterEach(() => {
    for (const child of started.splice(0)) child.kill("SIGKILL");
  });

  /** Starts a process that opens the database, says so, and keeps it open. */
  const startOpening = async (options: DatabaseOptions) => {
    const script = `
      const { openDatabase } = await import(${JSON.stringify(new URL("database.ts", import.meta.url).href)});
      try {
        const database = await openDatabase(${JSON.stringify(options)});
        console.log("open");
        setInterval(() => {}, 1000);
      } catch (error) {
        console.log(error.message);
      }`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    started.push(child);
    const [firstOutput] = await once(child.stdout, "data");
    return { child, said: String(firstOutput).trim() };
  };

  test("on PostgreSQL, processes that start at once on an empty database all open it", async () => {
    const name = `opening_${process.pid}_${Date.now()}`;
    const clusterUrl = process.env.TESSERA_TEST_POSTGRES_URL ?? "";
    const cluster = new pg.Client(clusterUrl);
    await cluster.connect();
    await cluster.query(`create database ${name}`);
    const databaseUrl = Object.assign(new URL(clusterUrl), { pathname: `/${name}` }).href;
    const options = { databaseUrl, dataDir: "" };
    const [here, ...processes] = await Promise.all([
      openDatabase(options),
      startOpening(options),
      startOpening(options),
      startOpening(options),
    ]);
    expect(processes.map(({ said }) => said)).toEqual(["open", "open", "open"]);
    const { rows } = await sql`select name from tessera_migration order by name`.execute(here.read);
    const names = Object.keys(listMigrations(postgresWords));
    expect(rows).toEqual(names.map((name) => ({ name })));
    await here.close();
    await cluster.query(`drop database ${name} with (force)`);
    await cluster.end();
  });

  test("on SQLite, of two that start at once one opens it and the other says why not", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "tessera-test-"));
    const both = await Promise.all([startOpening({ dataDir }), startOpening({ dataDir })]);
    const [winner, loser] = both.toSorted(
      (a, b) => Number(b.said === "open") - Number(a.said === "open"),
    );
    expect(winner?.said).toBe("open");
    expect(loser?.said).toContain(`Another Tessera is running on the data folder ${dataDir}`);

    winner?.child.kill("SIGKILL");
    if (winner !== undefined) await once(winner.child, "exit");
    await (await openDatabase({ dataDir })).close();
    await rm(dataDir, { recursive: true });
  });
});

test("the SQLite files and a folder made for them are the owner's alone", async () => {
  const parent = await mkdtemp(join(tmpdir(), "tessera-test-"));
  const dataDir = join(parent, "data");
  const database = await openDatabase({ dataDir });
  await database.inTransaction((trx) =>
    trx.insertInto("instance").values({ name: "a", value: "b" }).execute(),
  );
  const modeOf = async (path: string) => (await stat(path)).mode & 0o777;
  expect(await modeOf(dataDir)).toBe(0o700);
  for (const name of ["tessera.sqlite", "tessera.sqlite-wal", "tessera.sqlite-shm"]) {
    expect(await modeOf(join(dataDir, name))).toBe(0o600);
  }
  await database.close();
  await rm(parent, { recursive: true });
});

test("a PostgreSQL that cannot be reached is an error at once", async () => {
  const opening = openDatabase({ databaseUrl: "postgres://nobody@127.0.0.1:1/none", dataDir: "" });
  await expect(opening).rejects.toThrow("ECONNREFUSED");
});
