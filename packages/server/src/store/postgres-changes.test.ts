import pg from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openTestPostgres, openTestSqlite, type TestDatabase } from "../testing/test-databases.ts";
import { type Database, openDatabase } from "./database.ts";

describe("changes told to other processes on PostgreSQL", () => {
  let opened: TestDatabase;
  let here: Database;
  let there: Database;
  beforeEach(async () => {
    opened = await openTestPostgres();
    here = opened.database;
    there = await openDatabase(opened.options);
  });
  afterEach(async () => {
    await there.close();
    await opened.close();
  });

  const tell = (message: string) => here.inTransaction((trx) => here.changes.publish(trx, message));

  /** Ends every listening connection, as a restart or a failover of the database would. */
  const breakChannel = async () => {
    const client = new pg.Client(opened.options.databaseUrl);
    await client.connect();
    await client.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'tessera notifications' and datname = current_database()",
    );
    await client.end();
  };

  test("a message arrives elsewhere when its transaction commits, and not before", async () => {
    const received = await listenTo(there);
    const published = Promise.withResolvers<void>();
    const mayCommit = Promise.withResolvers<void>();
    const committed = here.inTransaction(async (trx) => {
      await here.changes.publish(trx, "early");
      published.resolve();
      await mayCommit.promise;
    });
    await published.promise;
    await tell("first");
    await expect.poll(() => received).toEqual(["first"]);
    mayCommit.resolve();
    await committed;
    await expect.poll(() => received).toEqual(["first", "early"]);
  });

  test("a message of a transaction that is rolled back is never delivered", async () => {
    const received = await listenTo(there);
    const failing = here.inTransaction(async (trx) => {
      await here.changes.publish(trx, "undone");
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    await tell("after");
    await expect.poll(() => received).toEqual(["after"]);
  });

  test("every subscriber hears every message, the publisher's own process included", async () => {
    const all = await Promise.all([listenTo(here), listenTo(there), listenTo(there)]);
    await tell("ü ' \\ 😀");
    for (const received of all) {
      await expect.poll(() => received).toEqual(["ü ' \\ 😀"]);
    }
  });

  test("a lost channel is reported at once, and again when messages arrive once more", async () => {
    const received = await listenTo(there);
    await breakChannel();
    await expect.poll(() => received).toEqual(["(lost)", "(restored)"]);
    await tell("back");
    await expect.poll(() => received).toEqual(["(lost)", "(restored)", "back"]);

    await breakChannel();
    await expect
      .poll(() => received)
      .toEqual(["(lost)", "(restored)", "back", "(lost)", "(restored)"]);
  });

  test("closing is no loss", async () => {
    const received = await listenTo(there);
    await there.close();
    expect(received).toEqual([]);
  });
});

test("on SQLite there is no other process to tell", async () => {
  const opened = await openTestSqlite();
  const received = await listenTo(opened.database);
  await opened.database.inTransaction((trx) => opened.database.changes.publish(trx, "anything"));
  expect(received).toEqual([]);
  await opened.close();
});

/** What the subscriber is told, in order. */
async function listenTo(database: Database): Promise<string[]> {
  const received: string[] = [];
  await database.changes.subscribe({
    onMessage: (message) => received.push(message),
    onLost: () => received.push("(lost)"),
    onRestored: () => received.push("(restored)"),
  });
  return received;
}
