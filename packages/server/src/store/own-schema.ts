import { DatabaseSync } from "node:sqlite";
import { Kysely } from "kysely";
import { migrate } from "./migrate.ts";
import { listMigrations } from "./migrations/index.ts";
import { sqliteWords } from "./migrations/sql-words.ts";
import type { Schema } from "./schema.ts";
import { sqliteDialect } from "./sqlite-database.ts";

/** In what a database is another one than its migrations made; such as `table jobs`. */
export interface SchemaDifference {
  readonly missing: readonly string[];
  /** What only a migration that is still to come makes. */
  readonly early: readonly string[];
  /** What no migration makes. */
  readonly strange: readonly string[];
}

export interface OwnTable {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: "text" | "bigint" }[];
}

/** What follows from migrations, and from none; where it is missing it is made again. */
const bookkeeping = /^(?:sqlite_|tessera_migration)/;

export function isBookkeeping(name: string): boolean {
  return bookkeeping.test(name);
}

/** All tables of this version, those that others refer to before these. */
export async function listOwnTables(): Promise<readonly OwnTable[]> {
  return onOwnSchema(allMigrations(), (own) => {
    const sorted = new Set<string>();
    const add = (name: string): void => {
      if (sorted.has(name)) return;
      const parents = own.prepare("select [table] as name from pragma_foreign_key_list(?)");
      for (const parent of parents.all(name)) if (parent.name !== name) add(String(parent.name));
      sorted.add(name);
    };
    const tables = own.prepare("select name from sqlite_schema where type = 'table' order by name");
    for (const { name } of tables.all()) if (!isBookkeeping(String(name))) add(String(name));
    const columns = own.prepare("select name, type from pragma_table_info(?)");
    return [...sorted].map((name) => ({
      name,
      columns: columns.all(name).map(({ name: column, type }) => ({
        name: String(column),
        type: String(type).toLowerCase() === "integer" ? "bigint" : "text",
      })),
    }));
  });
}

/** Compares what a SQLite database has with what these migrations, of this program, make. */
export async function compareSchema(
  found: DatabaseSync,
  migrations: readonly string[],
): Promise<SchemaDifference> {
  const all = await onOwnSchema(allMigrations(), (own) => partsOf(own, own));
  return onOwnSchema(migrations, (own) => {
    const [expected, there] = [partsOf(own, own), partsOf(found, own)];
    const missing = [...expected].filter((part) => !there.has(part));
    const others = [...there].filter((part) => !expected.has(part));
    return {
      // With a table all its columns are gone.
      missing: missing.filter((part) => {
        const [, table] = /^column ([^.]+)\./.exec(part) ?? [];
        return table === undefined || !missing.includes(`table ${table}`);
      }),
      early: others.filter((part) => all.has(part)),
      strange: others.filter((part) => !all.has(part)),
    };
  });
}

const allMigrations = () => Object.keys(listMigrations(sqliteWords));

/** Tables, indexes, views and triggers, and the columns of the tables that are this program's. */
function partsOf(database: DatabaseSync, own: DatabaseSync): ReadonlySet<string> {
  const parts = database
    .prepare("select type, name, tbl_name from sqlite_schema order by rowid")
    .all()
    .filter(({ type, name }) => type === "trigger" || !isBookkeeping(String(name)))
    .map(({ type, name, tbl_name: table }) =>
      type === "trigger" ? `trigger ${name} on ${table}` : `${type} ${name}`,
    );
  const names = own.prepare("select name from sqlite_schema where type = 'table'").all();
  const columns = database.prepare("select name from pragma_table_xinfo(?)");
  return new Set([
    ...parts,
    ...names
      .filter(({ name }) => parts.includes(`table ${name}`))
      .flatMap(({ name: table = "" }) =>
        columns.all(table).map(({ name }) => `column ${table}.${name}`),
      ),
  ]);
}

async function onOwnSchema<T>(
  names: readonly string[],
  work: (own: DatabaseSync) => T,
): Promise<T> {
  const own = new DatabaseSync(":memory:");
  try {
    const wanted = Object.entries(listMigrations(sqliteWords)).filter(([name]) =>
      names.includes(name),
    );
    const db = new Kysely<Schema>({ dialect: sqliteDialect(own) });
    await migrate(db, Object.fromEntries(wanted));
    return work(own);
  } finally {
    own.close();
  }
}
