import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { DatabaseSync, type SQLOutputValue } from "node:sqlite";
import { type Kysely, sql, type Transaction } from "kysely";
import { othersWords } from "../others-words.ts";
import { openDatabase } from "./database.ts";
import { readPlainly } from "./inspection.ts";
import { listMigrations } from "./migrations/index.ts";
import { sqliteWords } from "./migrations/sql-words.ts";
import { compareSchema, isBookkeeping, listOwnTables, type OwnTable } from "./own-schema.ts";
import { onPlainPostgres } from "./postgres-setup.ts";
import type { Schema } from "./schema.ts";
import { DatabaseSetupError } from "./setup-error.ts";
import {
  explainSqlite,
  findFolderLock,
  otherServer,
  requireJournal,
  sqlitePath,
} from "./sqlite-files.ts";

/** A table as it was moved: on both sides as many rows, with the same checksum. */
export interface MovedTable {
  readonly table: string;
  readonly rows: number;
  /** Hexadecimal; of all rows, in whatever order. */
  readonly checksum: string;
}

/** What was moved, and what was left where it is, being none of Tessera's; such as `table a`. */
export interface Move {
  readonly moved: readonly MovedTable[];
  readonly left: readonly string[];
}

/** A row's values in the order of its table's columns; numbers as decimal text. */
type Values = readonly (string | null)[];

const ROWS_AT_ONCE = 1_000;
const CHARACTERS_AT_ONCE = 4_000_000;

/**
 * Copies all that a data folder's SQLite holds into an empty PostgreSQL database, in one transaction that commits only
 * if what it then reads there is the same. Throws a `DatabaseSetupError` where a server has the folder, its schema is not
 * this program's, the target holds anything, or PostgreSQL refuses a row.
 */
export async function moveToPostgres(dataDir: string, databaseUrl: string): Promise<Move> {
  const lock = findFolderLock(dataDir);
  if (lock === undefined) throw otherServer(dataDir);
  const path = sqlitePath(dataDir);
  try {
    requireJournal(path);
    const source = new DatabaseSync(path, { readOnly: true });
    try {
      const tables = await listOwnTables();
      const left = await requireOwn(path, source);
      await requireEmpty(databaseUrl, tables);
      await (await openDatabase({ databaseUrl, dataDir })).close();
      const moved = await onPlainPostgres(databaseUrl, "tessera move", (db) =>
        db.transaction().execute((trx) => moveAll(source, trx, tables)),
      );
      return { moved, left };
    } finally {
      source.close();
    }
  } catch (error) {
    throw explainSqlite(path, error);
  } finally {
    lock.close();
  }
}

/** What the file has besides all that this version makes. */
async function requireOwn(path: string, source: DatabaseSync): Promise<readonly string[]> {
  const all = Object.keys(listMigrations(sqliteWords));
  const { missing, strange } = await compareSchema(source, all);
  const [lack] = missing.filter((part) => !part.startsWith("index "));
  if (lack === undefined) return strange;
  throw new DatabaseSetupError(
    `${path} lacks the ${lack}, which this version has made: restore a backup with: tessera restore FILE`,
  );
}

async function requireEmpty(databaseUrl: string, tables: readonly OwnTable[]): Promise<void> {
  const found = await readPlainly({ databaseUrl, dataDir: "" }, (db) =>
    db.introspection.getTables(),
  );
  const names = found.map(({ name }) => name).filter((name) => !isBookkeeping(name));
  const stranger = names.find((name) => !tables.some((table) => table.name === name));
  if (stranger !== undefined) throw new DatabaseSetupError(`${notEmpty} (a table ${stranger})`);
  await onPlainPostgres(databaseUrl, "tessera move", async (db) => {
    for (const name of names) await requireNoRow(db, name);
  });
}

const notEmpty = "The database of --to is not empty: make a new one with createdb, and give that";

async function requireNoRow(db: Kysely<Schema>, name: string): Promise<void> {
  const { rows } = await sql`select 1 from ${sql.table(name)} limit 1`.execute(db);
  if (rows.length > 0) throw new DatabaseSetupError(`${notEmpty} (rows in ${name})`);
}

async function moveAll(
  source: DatabaseSync,
  trx: Transaction<Schema>,
  tables: readonly OwnTable[],
): Promise<readonly MovedTable[]> {
  const all = sql.join(tables.map(({ name }) => sql.table(name)));
  // A server that starts there now waits, and finds all of it.
  await sql`lock table ${all} in exclusive mode`.execute(trx);
  for (const { name } of tables) await requireNoRow(trx, name);
  // One moment of the source, whatever a command writes meanwhile.
  source.exec("begin");
  const moved: MovedTable[] = [];
  for (const table of tables) {
    const sum = createChecksum(table.name);
    for (const rows of readSource(source, table)) {
      rows.forEach(sum.add);
      await insertRows(trx, table, rows).catch((error: unknown) => {
        throw explainRefusal(table, rows, error);
      });
    }
    moved.push(sum.end());
  }
  source.exec("commit");
  await continueNumbers(trx, source);
  for (const [index, table] of tables.entries()) {
    const sum = createChecksum(table.name);
    for await (const rows of readTarget(trx, table)) rows.forEach(sum.add);
    if (JSON.stringify(sum.end()) === JSON.stringify(moved[index])) continue;
    throw new DatabaseSetupError(
      `${table.name} is not the same in PostgreSQL as in SQLite, and nothing was moved: is the target's encoding UTF8?`,
    );
  }
  return moved;
}

/** Of rows that refer to others of their table, the ones referred to come first. */
const orders: Readonly<Record<string, string>> = {
  entities: `order by type <> 'groups', (select max(depth) from group_ancestry a
    where a.domain_id = entities.domain_id and a.descendant_id = entities.id)`,
};

function* readSource(source: DatabaseSync, table: OwnTable): Generator<readonly Values[]> {
  const names = table.columns.map(({ name }) => name).join(", ");
  const statement = source.prepare(
    `select ${names} from ${table.name} ${orders[table.name] ?? ""}`,
  );
  statement.setReadBigInts(true);
  const proved = new Set<string>();
  let rows: Values[] = [];
  let characters = 0;
  for (const row of statement.iterate()) {
    const values = table.columns.map(({ name }) => toText(row[name]));
    for (const [index, value] of values.entries()) {
      const column = table.columns[index]?.name ?? "";
      if (!value?.includes(replaced) || proved.has(column)) continue;
      requireUtf8(source, table, column);
      proved.add(column);
    }
    characters += values.reduce((sum, value) => sum + (value?.length ?? 0), 0);
    rows.push(values);
    if (rows.length < ROWS_AT_ONCE && characters < CHARACTERS_AT_ONCE) continue;
    yield rows;
    rows = [];
    characters = 0;
  }
  if (rows.length > 0) yield rows;
}

/** What is read in the place of bytes that are no text. */
const replaced = "\ufffd";

/** SQLite takes any bytes for a text: what would be moved is not what is there. */
function requireUtf8(source: DatabaseSync, { name, columns }: OwnTable, column: string): void {
  const key = columns[0]?.name ?? "";
  const rows = source.prepare(
    `select ${key} as key, cast(${column} as blob) as bytes from ${name}`,
  );
  for (const { key: value, bytes } of rows.iterate()) {
    if (!(bytes instanceof Uint8Array) || isUtf8(bytes)) continue;
    throw new DatabaseSetupError(
      `${name}.${column}, where ${key} is ${othersWords(String(value))}, is no text in UTF-8, and nothing was moved: mend it in SQLite first`,
    );
  }
}

async function* readTarget(
  trx: Transaction<Schema>,
  table: OwnTable,
): AsyncGenerator<readonly Values[]> {
  const names = sql.join(table.columns.map(({ name }) => sql.ref(name)));
  await sql`declare moved cursor for select ${names} from ${sql.table(table.name)}`.execute(trx);
  for (;;) {
    const { rows } = await sql<
      Record<string, unknown>
    >`fetch ${sql.lit(ROWS_AT_ONCE)} from moved`.execute(trx);
    if (rows.length === 0) break;
    yield rows.map((row) => table.columns.map(({ name }) => toText(row[name])));
  }
  await sql`close moved`.execute(trx);
}

function toText(value: SQLOutputValue | unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}

/** A column at a time: a statement has few parameters, however many rows it takes. */
async function insertRows(
  trx: Transaction<Schema>,
  { name, columns }: OwnTable,
  rows: readonly Values[],
): Promise<void> {
  const names = sql.join(columns.map((column) => sql.ref(column.name)));
  const values = sql.join(
    columns.map(({ type }, index) => sql`${rows.map((row) => row[index])}::${sql.raw(type)}[]`),
  );
  await sql`insert into ${sql.table(name)} (${names}) overriding system value
    select * from unnest(${values})`.execute(trx);
}

/** A letter that the encoding of the target does not have. */
const UNTRANSLATABLE = "22P05";

/** Data that PostgreSQL does not take, or a rule that they break: classes 22 and 23. */
function explainRefusal(
  { name, columns }: OwnTable,
  rows: readonly Values[],
  error: unknown,
): unknown {
  const { code, message } = error as { readonly code?: unknown; readonly message: string };
  if (typeof code !== "string" || !/^2[23]/.test(code)) return error;
  const row = rows.find((values) => values.some((value) => value?.includes("\0")));
  const column = columns[row?.findIndex((value) => value?.includes("\0")) ?? -1];
  const what =
    column === undefined
      ? `a row of ${name} (${othersWords(message)})`
      : `the text U+0000, which ${name}.${column.name} has where ${columns[0]?.name} is ${othersWords(String(row?.[0]))}`;
  const advice =
    code === UNTRANSLATABLE ? "make the target with ENCODING 'UTF8'" : "mend it in SQLite first";
  return new DatabaseSetupError(
    `PostgreSQL does not take ${what}, and nothing was moved: ${advice}`,
    { cause: error },
  );
}

/** No number is given twice, not even one whose row is gone. */
async function continueNumbers(trx: Transaction<Schema>, source: DatabaseSync): Promise<void> {
  for (const { name, seq } of source.prepare("select name, seq from sqlite_sequence").all()) {
    const table = String(name);
    await sql`select setval(pg_get_serial_sequence(${table}, 'seq'), ${Number(seq)})`.execute(trx);
  }
}

/** The sum of the digests of all rows: the same in whatever order they come, and another if one differs. */
function createChecksum(table: string) {
  let rows = 0;
  let sum = 0n;
  return {
    add: (values: Values): void => {
      rows += 1;
      const digest = createHash("sha256").update(JSON.stringify(values)).digest("hex");
      sum = BigInt.asUintN(256, sum + BigInt(`0x${digest}`));
    },
    end: (): MovedTable => ({ table, rows, checksum: sum.toString(16).padStart(64, "0") }),
  };
}
