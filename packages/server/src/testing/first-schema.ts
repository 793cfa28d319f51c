import { rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { Kysely, sql } from "kysely";
import { migrate } from "../store/migrate.ts";
import { listMigrations } from "../store/migrations/index.ts";
import { postgresWords, sqliteWords } from "../store/migrations/sql-words.ts";
import { onPlainPostgres } from "../store/postgres-setup.ts";
import type { Schema } from "../store/schema.ts";
import { sqliteDialect } from "../store/sqlite-database.ts";
import { sqlitePath } from "../store/sqlite-files.ts";
import type { TestDatabase } from "./test-databases.ts";

const first = "0001-initial";

/** Any table, as it was in the first version. */
export type FirstRows = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;

/**
 * Closes the database and makes it what the first version of the schema was, with these rows, in this order of tables, and
 * then with what these statements do.
 */
export async function putBackToFirstSchema(
  { database, options }: TestDatabase,
  rows: FirstRows,
  statements: readonly string[] = [],
): Promise<void> {
  const fill = async (db: Kysely<Schema>, words: typeof sqliteWords) => {
    const { [first]: migration } = listMigrations(words);
    if (migration === undefined) throw new Error("there is no first migration");
    await migrate(db, { [first]: migration });
    for (const [table, ofTable] of Object.entries(rows)) {
      for (const row of ofTable)
        await db
          .insertInto(table as never)
          .values(row as never)
          .execute();
    }
    for (const statement of statements) await sql.raw(statement).execute(db);
  };
  await database.close();
  if (options.databaseUrl !== undefined) {
    await onPlainPostgres(options.databaseUrl, "tessera test", async (db) => {
      await sql`drop schema public cascade`.execute(db);
      await sql`create schema public`.execute(db);
      await fill(db, postgresWords);
    });
    return;
  }
  const path = sqlitePath(options.dataDir);
  for (const end of ["", "-wal", "-shm"]) rmSync(`${path}${end}`, { force: true });
  const connection = new DatabaseSync(path);
  await fill(new Kysely<Schema>({ dialect: sqliteDialect(connection) }), sqliteWords);
  connection.close();
}
