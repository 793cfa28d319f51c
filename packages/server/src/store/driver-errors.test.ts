import { sql, type Transaction } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { onEveryDatabase } from "../testing/on-every-database.ts";
import { openTestPostgres, type TestDatabase } from "../testing/test-databases.ts";
import { domainRow, entityRow, secretRow, tokenRow, userRow } from "../testing/test-rows.ts";
import { openDatabase } from "./database.ts";
import { classifyDriverError, isDuplicate, uniqueIndexes } from "./driver-errors.ts";
import type { Schema } from "./schema.ts";

const user = userRow();
const domain = domainRow();
const token = tokenRow({ user_id: user.id });
const client = entityRow({ domain_id: domain.id, type: "clients" });
const otherClient = entityRow({ domain_id: domain.id, type: "clients" });
const group = entityRow({ domain_id: domain.id, type: "groups" });
const channel = entityRow({ domain_id: domain.id, type: "channels", parent_id: group.id });
const otherChannel = entityRow({ domain_id: domain.id, type: "channels" });
const session = {
  id: "session",
  user_id: user.id,
  refresh_digest: "r",
  created_at: 1,
  confirmed_at: 1,
  expires_at: 2,
};
const scope = {
  id: "scope",
  token_id: token.id,
  domain_id: domain.id,
  entity_type: "clients",
  entity_id: "*",
  operation: "view",
  created_at: 1,
};
const role = {
  id: "role",
  domain_id: domain.id,
  entity_type: "domains",
  entity_id: domain.id,
  name: "admin",
  created_at: 1,
};
const otherRole = { ...role, id: "other role", name: "viewer" };
const member = {
  role_id: role.id,
  user_id: user.id,
  domain_id: domain.id,
  entity_type: "domains",
  entity_id: domain.id,
  created_at: 1,
};
const notice = { id: "n", user_id: user.id, kind: "new_sign_in", cause: "c", created_at: 1 };
const feed = { user_id: user.id, id: "f", digest: "d", key_version: "1", created_at: 1 };
const auditRow = (id: string) =>
  ({ id, at: 1, actor_kind: "system", action: "a", chain: "c", seq: 1 }) as const;
const otherUser = userRow();
const clientDetails = { domain_id: domain.id, secret_digest: "s", secret_key_version: "1" };
const channelDetails = { domain_id: domain.id, route: "tele" };

async function insertAll(trx: Transaction<Schema>): Promise<void> {
  await trx.insertInto("users").values([user, otherUser]).execute();
  await trx.insertInto("notices").values(notice).execute();
  await trx.insertInto("audit_events").values(auditRow("first")).execute();
  await trx.insertInto("calendar_feeds").values(feed).execute();
  await trx.insertInto("sessions").values(session).execute();
  await trx.insertInto("domains").values(domain).execute();
  await trx.insertInto("tokens").values(token).execute();
  await trx
    .insertInto("token_secrets")
    .values(secretRow({ token_id: token.id }))
    .execute();
  await trx.insertInto("token_scopes").values(scope).execute();
  await trx.insertInto("entities").values(group).execute();
  await trx.insertInto("group_details").values({ domain_id: domain.id, id: group.id }).execute();
  const entities = [client, otherClient, channel, otherChannel];
  await trx.insertInto("entities").values(entities).execute();
  await trx
    .insertInto("client_details")
    .values({ ...clientDetails, id: client.id })
    .execute();
  await trx
    .insertInto("channel_details")
    .values({ ...channelDetails, id: channel.id })
    .execute();
  await trx.insertInto("roles").values([role, otherRole]).execute();
  await trx.insertInto("role_members").values(member).execute();
}

type Write = (trx: Transaction<Schema>) => { execute(): Promise<unknown> };

const duplicates: Record<keyof typeof uniqueIndexes, Write> = {
  audit_chain: (trx) => trx.insertInto("audit_events").values(auditRow("new")),
  user_username: (trx) =>
    trx.insertInto("users").values(userRow({ username_key: user.username_key })),
  user_email: (trx) => trx.insertInto("users").values(userRow({ email_key: user.email_key })),
  session_refresh_digest: (trx) => trx.insertInto("sessions").values({ ...session, id: "new" }),
  token_scope: (trx) => trx.insertInto("token_scopes").values({ ...scope, id: "new" }),
  token_secret_slot: (trx) =>
    trx.insertInto("token_secrets").values(secretRow({ token_id: token.id })),
  notices_by_cause: (trx) => trx.insertInto("notices").values({ ...notice, id: "new" }),
  calendar_feeds_by_id: (trx) =>
    trx.insertInto("calendar_feeds").values({ ...feed, user_id: otherUser.id }),
  domain_route: (trx) => trx.insertInto("domains").values(domainRow({ route: domain.route })),
  client_secret: (trx) =>
    trx.insertInto("client_details").values({ ...clientDetails, id: otherClient.id }),
  channel_route: (trx) =>
    trx.insertInto("channel_details").values({ ...channelDetails, id: otherChannel.id }),
  role_name: (trx) =>
    trx.updateTable("roles").set({ name: "admin" }).where("id", "=", "other role"),
  one_role_per_entity: (trx) =>
    trx.insertInto("role_members").values({ ...member, role_id: otherRole.id }),
};

onEveryDatabase("errors", (kind) => {
  let opened: TestDatabase;
  beforeAll(async () => {
    opened = await kind.open();
    await opened.database.inTransaction(insertAll);
  });
  afterAll(() => opened.close());

  const fail = (write: Write): Promise<unknown> =>
    opened.database
      .inTransaction(async (trx) => void (await write(trx).execute()))
      .then(
        () => expect.unreachable("the write was accepted"),
        (error) => error,
      );

  test.each(Object.entries(duplicates))("a duplicate names its index: %s", async (name, write) => {
    const error = await fail(write);
    expect(classifyDriverError(error)).toEqual({ kind: "unique", constraint: name });
  });

  test("a duplicate primary key names its table", async () => {
    const ofUser = await fail((trx) => trx.insertInto("users").values(userRow({ id: user.id })));
    expect(isDuplicate(ofUser, "users_pkey")).toBe(true);
    expect(isDuplicate(ofUser, "user_email")).toBe(false);
    const ofEntity = await fail((trx) => trx.insertInto("entities").values(client));
    expect(isDuplicate(ofEntity, "entities_pkey")).toBe(true);
    const ofMember = await fail((trx) =>
      trx.insertInto("role_members").values({ ...member, entity_id: "x" }),
    );
    expect(isDuplicate(ofMember, "role_members_pkey")).toBe(true);
  });

  test("the index is named also when the driver's error is only the cause", async () => {
    const error = new Error("wrapped", { cause: await fail(duplicates.domain_route) });
    expect(isDuplicate(error, "domain_route")).toBe(true);
  });

  test("a row that points nowhere, and a row that is still pointed at, are foreign key errors", async () => {
    const nowhere = await fail((trx) =>
      trx.insertInto("tokens").values(tokenRow({ user_id: "x" })),
    );
    expect(classifyDriverError(nowhere)).toEqual({ kind: "foreign_key" });
    const stillAParent = await fail((trx) => trx.deleteFrom("entities").where("id", "=", group.id));
    expect(classifyDriverError(stillAParent)).toEqual({ kind: "foreign_key" });
  });

  test("metadata that is not JSON, or too deep, is unstorable", async () => {
    for (const metadata of ["{", "", "{'a':1}", "[".repeat(60_000) + "]".repeat(60_000)]) {
      const error = await fail((trx) => trx.insertInto("domains").values(domainRow({ metadata })));
      expect(classifyDriverError(error)).toEqual({ kind: "unstorable" });
    }
  });

  test("another violated check and a mistaken statement are other errors", async () => {
    const status = sql<"enabled">`'lost'`;
    const check = await fail((trx) => trx.updateTable("domains").set({ status }));
    expect(classifyDriverError(check)).toEqual({ kind: "other" });
    const mistake = await fail((trx) => ({ execute: () => sql`select nothing`.execute(trx) }));
    expect(classifyDriverError(mistake)).toEqual({ kind: "other" });
  });

  test("every unique index of the database can be named", async () => {
    const names = await listUniqueIndexes(opened);
    expect(names.toSorted()).toEqual(Object.keys(uniqueIndexes).toSorted());
  });
});

test("a PostgreSQL that cannot be reached or goes away is unavailable, and used again once back", async () => {
  const errorOf = (work: Promise<unknown>) => work.then(() => undefined, classifyDriverError);
  const refused = openDatabase({ databaseUrl: "postgres://x@127.0.0.1:1/x", dataDir: "" });
  expect(await errorOf(refused)).toEqual({ kind: "unavailable" });

  const { database, close } = await openTestPostgres();
  const vanishing = database.inTransaction((trx) =>
    sql`select pg_terminate_backend(pg_backend_pid())`.execute(trx),
  );
  expect(await errorOf(vanishing)).toEqual({ kind: "unavailable" });
  expect(await errorOf(database.read.selectFrom("users").select("id").execute())).toBeUndefined();
  await close();
});

test("text that PostgreSQL cannot hold is unstorable", async () => {
  const { database, close } = await openTestPostgres();
  const rows = [
    domainRow({ name: "a\0b" }),
    domainRow({ metadata: '{"a":"\\u0000"}' }),
    domainRow({ metadata: '{"a":"\\ud800"}' }),
  ];
  for (const row of rows) {
    const insert = database.inTransaction((trx) => trx.insertInto("domains").values(row).execute());
    expect(await insert.catch(classifyDriverError)).toEqual({ kind: "unstorable" });
  }
  await close();
});

test("what no driver threw is another error", () => {
  for (const thrown of [new Error("x"), "x", undefined, null, { code: "ENOENT" }]) {
    expect(classifyDriverError(thrown)).toEqual({ kind: "other" });
  }
});

async function listUniqueIndexes({ database }: TestDatabase): Promise<string[]> {
  const query =
    database.dialect === "sqlite"
      ? sql<{
          name: string;
        }>`select name from sqlite_schema where type = 'index' and sql like 'create unique%'`
      : sql<{ name: string }>`select indexname as name from pg_indexes
          where schemaname = 'public' and indexdef like 'CREATE UNIQUE%' and indexname not like '%\_pkey'`;
  const { rows } = await query.execute(database.read);
  return rows.map(({ name }) => name);
}
