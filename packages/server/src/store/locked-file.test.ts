import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Kysely } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openDatabase } from "./database.ts";
import { migrate } from "./migrate.ts";
import { listMigrations } from "./migrations/index.ts";
import { sqliteWords } from "./migrations/sql-words.ts";
import type { Schema } from "./schema.ts";
import { DatabaseSetupError } from "./setup-error.ts";
import { backUpSqlite } from "./sqlite-backup.ts";
import { sqliteDialect } from "./sqlite-database.ts";
import { explainSqlite, sqlitePath } from "./sqlite-files.ts";

let dataDir: string;
let holder: DatabaseSync;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "tessera-locked-"));
  await (await openDatabase({ dataDir })).close();
  holder = new DatabaseSync(sqlitePath(dataDir));
});
afterEach(async () => {
  holder.close();
  await rm(dataDir, { recursive: true });
});

test.each([
  "pragma locking_mode = exclusive; begin exclusive",
  "pragma journal_mode = delete; begin exclusive; update jobs set failures = failures",
])("a backup of a file that another process holds says so: %s", async (statement) => {
  holder.exec(statement);
  const file = join(dataDir, "backup");
  const work = backUpSqlite(dataDir, file, {}, { patienceMilliseconds: 0 });
  await expect(work).rejects.toThrow(DatabaseSetupError);
  await expect(work).rejects.toThrow(
    `${sqlitePath(dataDir)} cannot be used: database is locked: another process holds it`,
  );
  expect([existsSync(file), existsSync(`${file}.part`)]).toEqual([false, false]);
});

test("where no migration is missing nobody is waited for who writes", async () => {
  const opened = new DatabaseSync(sqlitePath(dataDir), { timeout: 0 });
  holder.exec("begin immediate");
  const migrations = listMigrations(sqliteWords);
  const db = new Kysely<Schema>({ dialect: sqliteDialect(opened) });
  await migrate(db, migrations);
  const later = { ...migrations, "9999-later": { up: async () => {} } };
  const failure = await migrate(db, later).catch((error: unknown) => error);
  expect(explainSqlite("a", failure)).toMatchObject({
    name: "DatabaseSetupError",
    message: expect.stringMatching(/^a cannot be used: Migrating .* locked: another process holds/),
  });
  opened.close();
});
