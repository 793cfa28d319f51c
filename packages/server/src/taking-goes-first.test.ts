import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { type Database, openDatabase } from "./store/database.ts";
import { requireStatus, startApp, type TestApp, type TestUser } from "./testing/start-app.ts";
import { openTestPostgres } from "./testing/test-databases.ts";

let server: TestApp;
/** As another server has it. */
let elsewhere: Database;
let ada: TestUser;
let domainId: string;

beforeAll(async () => {
  server = await startApp({ name: "PostgreSQL", open: openTestPostgres });
  elsewhere = await openDatabase(server.testDatabase.options);
});
beforeEach(async () => {
  ada = await server.newUser();
  domainId = await server.newDomain(ada);
});
afterAll(async () => {
  await elsewhere.close();
  await server.close();
});

/** Does it in a transaction elsewhere that stays open until the returned function is called. */
async function holding(statement: ReturnType<typeof sql>): Promise<() => Promise<void>> {
  const isDone = Promise.withResolvers<void>();
  const mayEnd = Promise.withResolvers<void>();
  const ended = elsewhere.inTransaction(async (trx) => {
    await statement.execute(trx);
    isDone.resolve();
    await mayEnd.promise;
  });
  await Promise.race([isDone.promise, ended]);
  return () => {
    mayEnd.resolve();
    return ended;
  };
}

async function isWaitedFor(what: "advisory" | "transactionid"): Promise<boolean> {
  const { rows } = await sql<{ is_so: boolean }>`
    select exists (
      select 1 from pg_locks join pg_stat_activity using (pid)
      where locktype = ${what} and not granted and datname = current_database()
    ) as is_so`.execute(elsewhere.read);
  return rows[0]?.is_so === true;
}

interface Taking {
  readonly what: string;
  readonly row: () => { readonly kind: "user" | "domain"; readonly table: string; id: string };
  readonly take: () => ReturnType<TestUser["call"]>;
}

const takings: readonly Taking[] = [
  {
    what: "disables a user",
    row: () => ({ kind: "user", table: "users", id: ada.id }),
    take: () => server.admin.call("POST", `/users/${ada.id}/disable`),
  },
  {
    what: "disables a domain",
    row: () => ({ kind: "domain", table: "domains", id: domainId }),
    take: () => ada.call("POST", `/domains/${domainId}/disable`),
  },
];

test.each(takings)(
  "who $what and had a conflict claims the way, and sees what was written while it waited",
  async ({ row, take }) => {
    const { kind, table, id } = row();
    const write = sql`update ${sql.table(table)} set updated_at = updated_at + 1 where id = ${id}`;
    const endWriting = await holding(write);
    const endGoing = await holding(
      sql`select pg_advisory_xact_lock(hashtextextended(${`${kind}:${id}`}, 0))`,
    );
    const taking = take();
    await vi.waitFor(async () => expect(await isWaitedFor("transactionid")).toBe(true), 5_000);
    await endWriting();
    await vi.waitFor(async () => expect(await isWaitedFor("advisory")).toBe(true), 5_000);
    await elsewhere.inTransaction((trx) => write.execute(trx));
    await endGoing();
    requireStatus(await taking, 200);
    if (kind === "user") expect((await ada.call("GET", "/users/profile")).status).toBe(401);
  },
);

test("who changes names, tags and pictures takes nothing, and claims no way", async () => {
  const write = sql`update users set updated_at = updated_at + 1 where id = ${ada.id}`;
  const changes: readonly [string, object][] = [
    ["tags", { tags: ["a"] }],
    ["username", { username: `${ada.username}x` }],
    ["picture", { profile_picture: "https://example.test/a.png" }],
  ];
  for (const [path, body] of changes) {
    const endWriting = await holding(write);
    const change = ada.call("PATCH", `/users/${ada.id}/${path}`, body);
    await vi.waitFor(async () => expect(await isWaitedFor("transactionid")).toBe(true), 5_000);
    // In share mode, as others that wait: whoever claims the way would wait for it.
    const endSharing = await holding(
      sql`select pg_advisory_xact_lock_shared(hashtextextended(${`user:${ada.id}`}, 0))`,
    );
    await endWriting();
    requireStatus(await change, 200);
    await endSharing();
  }
});

const endingSessions: readonly [string, () => ReturnType<TestUser["call"]>][] = [
  ["disables somebody", () => server.admin.call("POST", `/users/${ada.id}/disable`)],
  [
    "changes the own password",
    () =>
      ada.call("PATCH", "/users/secret", {
        old_secret: ada.password,
        new_secret: "another good pass 7",
      }),
  ],
];

test.each(endingSessions)(
  "who %s waits for the user before it locks the sessions, as all others do",
  async (_, take) => {
    const endWriting = await holding(
      sql`update users set updated_at = updated_at + 1 where id = ${ada.id}`,
    );
    const taking = take();
    await vi.waitFor(async () => expect(await isWaitedFor("transactionid")).toBe(true), 5_000);
    // Fails where they are locked: each would wait for the other, for a second.
    await elsewhere.inTransaction((trx) =>
      sql`select 1 from sessions where user_id = ${ada.id} for update nowait`.execute(trx),
    );
    await endWriting();
    requireStatus(await taking, 200);
  },
);
