import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestPostgres, type TestDatabase } from "../testing/test-databases.ts";
import { searchKeyLength } from "./search-key.ts";

/** https://www.postgresql.org/docs/current/btree.html: "approximately one-third of a page", as its error says. */
const maximumIndexRowBytes = 2704;
/** Of a row, and of each value in it. */
const rowHeaderBytes = 16;
const valueHeaderBytes = 8;

const idBytes = 36;
const numberBytes = 8;
const wordBytes = 50;
/** A UTF-16 unit takes at most three bytes of UTF-8: what takes four is a pair of them. */
const unitBytes = 3;
const codePointBytes = 4;
const digestBytes = 64;

/** The longest value of each indexed column of text, in bytes: by `table.column`, or by the column alone. */
const textBytes: Readonly<Record<string, number>> = {
  id: idBytes,
  type: wordBytes,
  entity_type: wordBytes,
  operation: wordBytes,
  action: wordBytes,
  // "refusals:" and an id.
  chain: wordBytes,
  status: wordBytes,
  role: wordBytes,
  day: 10,
  // 64 letters of a header, as uses are counted.
  address: 64 * unitBytes,
  // https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.3, as the contract has it.
  email_key: 254 * unitBytes,
  username_key: 32,
  first_name_key: searchKeyLength * codePointBytes,
  last_name_key: searchKeyLength * codePointBytes,
  name_key: searchKeyLength * codePointBytes,
  tag: 254 * unitBytes,
  route: idBytes,
  refresh_digest: digestBytes,
  secret_digest: digestBytes,
  invited_by: idBytes,
  created_by: idBytes,
  made_by: idBytes,
  "roles.name": 200 * unitBytes,
  // "account:" and a digest, or "address:" and a network.
  "sign_in_failures.key": 8 + digestBytes,
  "instance.name": wordBytes,
  "jobs.name": wordBytes,
  "outbox.target": wordBytes,
  "notices.kind": wordBytes,
  // An id and an address.
  "notices.cause": idBytes + 1 + 64 * unitBytes,
  "declined_mails.kind": wordBytes,
  "sign_in_places.network": 64 * unitBytes,
  "tessera_migration.name": wordBytes,
};

interface IndexedColumn {
  readonly index: string;
  readonly table: string;
  readonly column: string;
  readonly isText: boolean;
}

describe("the indexes of PostgreSQL", () => {
  let opened: TestDatabase;
  let columns: readonly IndexedColumn[];
  beforeAll(async () => {
    opened = await openTestPostgres();
    const found = await sql<IndexedColumn>`
      select i.relname as index, t.relname as "table", a.attname as "column", y.typname = 'text' as "isText"
      from pg_index x
        join pg_class i on i.oid = x.indexrelid
        join pg_class t on t.oid = x.indrelid
        join pg_namespace n on n.oid = t.relnamespace
        cross join unnest(x.indkey) k(attnum)
        join pg_attribute a on a.attrelid = t.oid and a.attnum = k.attnum
        join pg_type y on y.oid = a.atttypid
      where n.nspname = 'public' and t.relname not like 'tessera_migration%'`.execute(
      opened.database.read,
    );
    columns = found.rows;
  });
  afterAll(() => opened.close());

  test("take in the longest values that the contract lets in", () => {
    const sizes = new Map<string, number>();
    for (const indexed of columns) {
      const bytes = indexed.isText ? bytesOf(indexed) : numberBytes;
      const before = sizes.get(indexed.index) ?? rowHeaderBytes;
      sizes.set(indexed.index, before + bytes + valueHeaderBytes);
    }
    expect(sizes.size).toBeGreaterThan(60);
    const tooLarge = [...sizes].filter(([, bytes]) => bytes > maximumIndexRowBytes);
    expect(tooLarge).toEqual([]);
  });
});

/** Whoever indexes another text says here how long it can be. */
function bytesOf({ table, column }: IndexedColumn): number {
  const bytes =
    textBytes[`${table}.${column}`] ??
    textBytes[column] ??
    (column.endsWith("_id") ? idBytes : undefined);
  if (bytes === undefined) throw new Error(`how long can ${table}.${column} be?`);
  return bytes;
}
