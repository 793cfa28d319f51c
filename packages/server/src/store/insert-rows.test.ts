import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { onEveryDatabase } from "../testing/on-every-database.ts";
import type { TestDatabase } from "../testing/test-databases.ts";
import { domainRow, userRow } from "../testing/test-rows.ts";
import { insertRows } from "./insert-rows.ts";

const texts = [
  "",
  "plain",
  'quotes " and \\ and \\u0041',
  "two\nlines\r\n\ttab \u0001\u001f\u007f",
  "ä € 😀 \u2028 \ufeff",
  "null",
  "12",
  "1e400",
  "true",
  '{"a":[1,null]}',
  "x".repeat(100_000),
];
const numbers = [0, -1, Date.UTC(2100, 0, 1), Number.MAX_SAFE_INTEGER];

onEveryDatabase("rows that are added", (kind) => {
  let opened: TestDatabase;
  beforeAll(async () => {
    opened = await kind.open();
  });
  afterAll(() => opened.close());

  test.each([1, 5, 230])("are kept as they are given, %i of them", async (count) => {
    const { database } = opened;
    const creator = userRow();
    const domain = domainRow({ created_by: creator.id });
    const rows = Array.from({ length: count }, (_, index) => ({
      domain_id: domain.id,
      type: "clients",
      id: randomUUID(),
      name: texts[index % texts.length] ?? "",
      name_key: `key ${index}`,
      status: "enabled" as const,
      metadata: JSON.stringify({ text: texts[index % texts.length] }),
      parent_id: null,
      created_by: index % 2 === 0 ? creator.id : null,
      created_at: numbers[index % numbers.length] ?? 0,
      touched_at: index,
    }));
    await database.inTransaction(async (trx) => {
      await trx.insertInto("users").values(creator).execute();
      await trx.insertInto("domains").values(domain).execute();
      await insertRows(trx, "entities", rows);
    });
    const stored = await database.read
      .selectFrom("entities")
      .select(["domain_id", "type", "id", "name", "name_key", "status", "metadata", "parent_id"])
      .select(["created_by", "created_at", "touched_at"])
      .where("domain_id", "=", domain.id)
      .orderBy("touched_at")
      .execute();
    expect(stored).toEqual(rows);
  });

  test("get their numbers in the order in which they are given", async () => {
    const { database } = opened;
    const events = Array.from({ length: 120 }, (_, index) => `${index}`);
    await database.inTransaction((trx) =>
      insertRows(
        trx,
        "outbox",
        events.map((event) => ({ target: "numbered", event, due_at: 0 })),
      ),
    );
    const stored = await database.read
      .selectFrom("outbox")
      .select("event")
      .where("target", "=", "numbered")
      .orderBy("seq")
      .execute();
    expect(stored.map(({ event }) => event)).toEqual(events);
  });

  test("are all refused where one cannot be kept", async () => {
    const { database } = opened;
    const row = (id: string) => ({ ...userRow({ id }) });
    const rows = [...["a", "b", "c", "d", "e"].map(row), row("a")];
    const added = database.inTransaction((trx) => insertRows(trx, "users", rows));
    await expect(added).rejects.toThrow(/unique/i);
    const { database: same } = opened;
    const found = await same.read.selectFrom("users").select("id").where("id", "=", "b").execute();
    expect(found).toEqual([]);
  });
});
