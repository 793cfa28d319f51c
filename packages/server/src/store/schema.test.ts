import { randomUUID } from "node:crypto";
import { sql, type Transaction } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { onEveryDatabase } from "../testing/on-every-database.ts";
import type { TestDatabase } from "../testing/test-databases.ts";
import { domainRow, entityRow, tokenRow, userRow } from "../testing/test-rows.ts";
import type { Database } from "./database.ts";
import type { Schema } from "./schema.ts";

const inDomain = "where domain_id = 'd'";
const ofType = `${inDomain} and type = 'clients'`;
const ofUser = "where user_id = 'u'";
/** The reads for which the schema has its indexes. */
const orderedReads = [
  `select * from tokens ${ofUser} order by issued_at desc, id desc`,
  `select * from tokens ${ofUser} order by name_key, id`,
  `select * from tokens ${ofUser} order by expires_at, id`,
  `select * from tokens ${ofUser} order by last_used_at asc nulls first, id`,
  `select * from tokens ${ofUser} order by last_used_at desc nulls last, id desc`,
  "select * from token_scopes where token_id = 't'",
  "select * from token_scopes where domain_id = 'd' and entity_type = 'clients' and entity_id = 'c'",
  "select * from token_daily_use where token_id = 't' and day > '2026-01-01' order by day",
  "select * from token_daily_use where day < '2026-01-01' order by day, token_id",
  "select * from token_use where token_id = 't' and day >= '2026-01-01' order by day",
  "select * from token_quarter_use where token_id = 't' and starts_at >= 1 and starts_at < 2",
  "select * from token_addresses where token_id = 't'",
  "select * from usage_gaps where to_at >= 1 order by to_at desc",
  `select * from sessions ${ofUser}`,
  "select * from sessions where refresh_digest = 'r'",
  "select * from users where username_key = 'ada'",
  "select * from users where email_key = 'ada'",
  "select * from users order by created_at desc, id desc",
  "select * from users order by coalesce(updated_at, created_at) desc, id desc",
  "select * from users where status = 'enabled' order by coalesce(updated_at, created_at) desc, id desc",
  "select * from users where status = 'enabled' order by created_at, id",
  "select * from users where status = 'enabled' order by username_key, id",
  "select * from users where status = 'enabled' order by email_key, id",
  "select * from users where status = 'enabled' order by first_name_key, id",
  "select * from users where status = 'enabled' order by last_name_key, id",
  "select * from users where status = 'enabled' and role = 'user' order by username_key, id",
  "select * from users order by first_name_key, id",
  "select * from users order by last_name_key, id",
  "select * from users where password_is_initial = 1",
  "select * from user_tags where tag = 't'",
  "select * from domains order by touched_at desc, id desc",
  "select * from domains order by name_key, id",
  "select * from domains order by created_at, id",
  "select * from domains where status = 'enabled' order by touched_at desc, id desc",
  "select * from domains where status = 'enabled' order by name_key, id",
  "select * from domains where status = 'enabled' order by created_at, id",
  `select * from entities ${ofType} and id = 'c'`,
  `select * from entities ${ofType} order by touched_at desc, id desc`,
  `select * from entities ${ofType} and status = 'enabled' order by touched_at desc, id desc`,
  `select * from entities ${ofType} and status = 'enabled' order by name_key, id`,
  `select * from entities ${ofType} and status = 'enabled' order by created_at, id`,
  `select * from entities ${inDomain} and parent_id = 'g'`,
  `select * from entity_tags ${ofType} and tag = 't'`,
  `select * from entity_tags ${ofType} and entity_id = 'c'`,
  `select * from client_details ${inDomain} and secret_digest = 's'`,
  `select * from channel_details ${inDomain} and route = 'r'`,
  `select * from group_ancestry ${inDomain} and ancestor_id = 'g' order by depth, descendant_id`,
  `select * from group_ancestry ${inDomain} and descendant_id = 'g'`,
  `select * from connections ${inDomain} and channel_id = 'c'`,
  `select * from connections ${inDomain} and client_id = 'c'`,
  `select * from roles ${inDomain} and entity_type = 'groups' and entity_id = 'g' order by name`,
  `select * from role_members ${ofUser} and domain_id = 'd'`,
  `select * from role_members ${inDomain} and entity_type = 'groups' and entity_id = 'g' order by user_id`,
  `select domain_id from role_members ${ofUser} and entity_type = 'domains' order by domain_id`,
  `select * from invitations ${inDomain} order by created_at, invitee_user_id`,
  "select * from invitations where invitee_user_id = 'u' order by created_at, domain_id",
  "select * from invitations where invited_by = 'u' order by created_at, domain_id, invitee_user_id",
  "select * from audit_events order by at desc",
  `select * from audit_events ${inDomain} order by at desc`,
  "select * from audit_events where actor_user_id = 'u' order by at desc",
  "select * from audit_events where token_id = 't' order by at desc",
  "select * from sign_in_failures where key = 'account:a' and at > 1",
  `select * from notices ${ofUser} order by created_at desc, id desc`,
  `select * from notices ${ofUser} and kind = 'mail_failed' and cause = 'c'`,
  "select * from notices where token_id = 't' and secret_id = 's'",
  "select * from notices where created_at < 1",
  "select expires_at from token_secrets where slot = 1 and expires_at > 1 order by expires_at",
  "select * from calendar_feeds where id = 'c'",
  "select * from outbox where target = 'mail' order by attempts, seq",
  "select * from account_links where made_by = 'u'",
];

onEveryDatabase("the schema", (kind) => {
  let opened: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    opened = await kind.open();
    database = opened.database;
  });
  afterAll(() => opened.close());

  const count = async (table: keyof Schema, column: string, value: string) => {
    const { rows } = await sql<{ count: number }>`
        select count(*) as count from ${sql.table(table)} where ${sql.ref(column)} = ${value}
      `.execute(database.read);
    return rows[0]?.count;
  };

  test("the same id, name, route, secret and role name serve in two domains and two types", async () => {
    const ids = { clients: randomUUID(), channels: randomUUID(), groups: randomUUID() };
    const first = await database.inTransaction((trx) => insertPlant(trx, ids));
    const second = await database.inTransaction((trx) => insertPlant(trx, ids));
    await database.inTransaction(async (trx) => {
      await trx
        .insertInto("entities")
        .values(entityRow({ domain_id: first.domainId, type: "reports", id: ids.clients }))
        .execute();
      await trx
        .updateTable("entities")
        .set({ name: "changed" })
        .where("domain_id", "=", first.domainId)
        .where("type", "=", "clients")
        .where("id", "=", ids.clients)
        .execute();
    });
    const named = await database.read
      .selectFrom("entities")
      .select(["domain_id", "type", "name"])
      .where("id", "=", ids.clients)
      .orderBy("type")
      .execute();
    expect(named).toHaveLength(3);
    expect(named).toContainEqual({ domain_id: first.domainId, type: "clients", name: "changed" });
    expect(named).toContainEqual({ domain_id: second.domainId, type: "clients", name: "" });
    expect(named).toContainEqual({ domain_id: first.domainId, type: "reports", name: "" });
  });

  test("an entity cannot have a parent, a connection or an ancestor of another domain", async () => {
    const here = await database.inTransaction((trx) => insertPlant(trx));
    const there = await database.inTransaction((trx) => insertPlant(trx));
    const reaching = [
      (trx: Transaction<Schema>) =>
        trx
          .updateTable("entities")
          .set({ parent_id: there.groups })
          .where("domain_id", "=", here.domainId)
          .where("id", "=", here.clients),
      (trx: Transaction<Schema>) =>
        trx.insertInto("connections").values({
          domain_id: here.domainId,
          channel_id: here.channels,
          client_id: there.clients,
          kind: 1,
        }),
      (trx: Transaction<Schema>) =>
        trx.insertInto("group_ancestry").values({
          domain_id: here.domainId,
          descendant_id: here.groups,
          ancestor_id: there.groups,
          depth: 1,
        }),
      (trx: Transaction<Schema>) =>
        trx.insertInto("client_details").values({
          domain_id: here.domainId,
          id: here.channels,
          ...secret,
          secret_digest: "new",
        }),
    ];
    for (const reach of reaching) {
      const attempt = database.inTransaction(async (trx) => void (await reach(trx).execute()));
      await expect(attempt).rejects.toThrow(/foreign key/i);
    }
  });

  test("with a client go its tags, details and connections, and nothing of the other domain", async () => {
    const ids = { clients: randomUUID(), channels: randomUUID(), groups: randomUUID() };
    const kept = await database.inTransaction((trx) => insertPlant(trx, ids));
    const plant = await database.inTransaction((trx) => insertPlant(trx, ids));
    await deleteEntity(database, plant.domainId, "clients", ids.clients);
    for (const table of ["client_details", "connections"] as const) {
      expect(await count(table, "domain_id", plant.domainId)).toBe(0);
      expect(await count(table, "domain_id", kept.domainId)).toBe(1);
    }
    expect(await count("entity_tags", "domain_id", plant.domainId)).toBe(2);
    expect(await count("entity_tags", "domain_id", kept.domainId)).toBe(3);
    expect(await count("channel_details", "domain_id", plant.domainId)).toBe(1);
  });

  test("a group is kept while an entity has it as parent, then goes with its place in the tree", async () => {
    const plant = await database.inTransaction((trx) => insertPlant(trx));
    const deleteGroup = () => deleteEntity(database, plant.domainId, "groups", plant.groups);
    await expect(deleteGroup()).rejects.toThrow(/foreign key/i);
    await database.inTransaction((trx) =>
      trx
        .updateTable("entities")
        .set({ parent_id: null })
        .where("domain_id", "=", plant.domainId)
        .where("parent_id", "=", plant.groups)
        .execute(),
    );
    await deleteGroup();
    expect(await count("group_ancestry", "domain_id", plant.domainId)).toBe(0);
    expect(await count("group_details", "domain_id", plant.domainId)).toBe(0);
  });

  test("with a domain goes all that is in it", async () => {
    const plant = await database.inTransaction((trx) => insertPlant(trx));
    await database.inTransaction((trx) =>
      trx.deleteFrom("domains").where("id", "=", plant.domainId).execute(),
    );
    for (const table of domainTables) {
      expect(await count(table, "domain_id", plant.domainId), table).toBe(0);
    }
    expect(await count("role_actions", "role_id", plant.roleId)).toBe(0);
    expect(await count("users", "id", plant.userId)).toBe(1);
  });

  test("with a person go their sessions, tokens, memberships and invitations", async () => {
    const plant = await database.inTransaction((trx) => insertPlant(trx));
    await database.inTransaction((trx) =>
      trx.deleteFrom("users").where("id", "=", plant.userId).execute(),
    );
    for (const table of ["sessions", "tokens", "role_members", "user_tags"] as const) {
      expect(await count(table, "user_id", plant.userId), table).toBe(0);
    }
    expect(await count("invitations", "invitee_user_id", plant.userId)).toBe(0);
    expect(await count("token_scopes", "token_id", plant.tokenId)).toBe(0);
    for (const table of [
      "token_daily_use",
      "token_use",
      "token_quarter_use",
      "token_addresses",
    ] as const) {
      expect(await count(table, "token_id", plant.tokenId), table).toBe(0);
    }
    expect(await count("roles", "domain_id", plant.domainId)).toBe(1);
  });

  test.each(orderedReads)("an index answers, in order: %s", async (query) => {
    const plan = await explain(database, query);
    expect(plan).not.toMatch(/\bSCAN \w+$|TEMP B-TREE|Seq Scan|\bSort\b/m);
  });
});

const secret = { secret_digest: "digest", secret_key_version: "1" };

const domainTables = [
  "domain_tags",
  "entities",
  "entity_tags",
  "client_details",
  "channel_details",
  "group_details",
  "group_ancestry",
  "connections",
  "roles",
  "role_members",
  "invitations",
] as const;

async function explain(database: Database, query: string): Promise<string> {
  if (database.dialect === "sqlite") {
    const { rows } = await sql<{ detail: string }>`explain query plan ${sql.raw(query)}`.execute(
      database.read,
    );
    return rows.map(({ detail }) => detail).join("\n");
  }
  return database.inTransaction(async (trx) => {
    // On empty tables a scan is cheapest: what is asked here is whether an index could answer.
    await sql`set local enable_seqscan = off`.execute(trx);
    await sql`set local enable_sort = off`.execute(trx);
    const { rows } = await sql<{ "QUERY PLAN": string }>`explain ${sql.raw(query)}`.execute(trx);
    return rows.map((row) => row["QUERY PLAN"]).join("\n");
  });
}

async function deleteEntity(
  database: Database,
  domainId: string,
  type: string,
  id: string,
): Promise<void> {
  await database.inTransaction((trx) =>
    trx
      .deleteFrom("entities")
      .where("domain_id", "=", domainId)
      .where("type", "=", type)
      .where("id", "=", id)
      .execute(),
  );
}

/** A domain with one of everything, whose ids are given or new, and its owner with one of everything. */
async function insertPlant(
  trx: Transaction<Schema>,
  ids = { clients: randomUUID(), channels: randomUUID(), groups: randomUUID() },
) {
  const user = userRow();
  const domain = domainRow();
  const token = tokenRow({ user_id: user.id });
  const roleId = randomUUID();
  const owned = { user_id: user.id, domain_id: domain.id };
  const on = { domain_id: domain.id, entity_type: "domains", entity_id: domain.id };
  const at = { created_at: 1 };
  await trx.insertInto("users").values(user).execute();
  await trx.insertInto("user_tags").values({ user_id: user.id, tag: "t" }).execute();
  await trx
    .insertInto("sessions")
    .values({
      ...at,
      id: user.id,
      user_id: user.id,
      refresh_digest: user.id,
      expires_at: 2,
      confirmed_at: 1,
    })
    .execute();
  await trx.insertInto("tokens").values(token).execute();
  await trx.insertInto("domains").values(domain).execute();
  await trx
    .insertInto("token_scopes")
    .values({ ...on, ...at, id: randomUUID(), token_id: token.id, operation: "read" })
    .execute();
  await trx
    .insertInto("token_daily_use")
    .values({ token_id: token.id, day: "2026-01-02", uses: 1 })
    .execute();
  const use = { token_id: token.id, ...on, day: "2026-01-02", operation: "domains.read" };
  await trx
    .insertInto("token_use")
    .values({ ...use, allowed: 1, refused: 0 })
    .execute();
  await trx
    .insertInto("token_quarter_use")
    .values({ token_id: token.id, starts_at: 0, uses: 1, refused: 0 })
    .execute();
  await trx
    .insertInto("token_addresses")
    .values({ token_id: token.id, address: "192.0.2.1", first_at: 1, last_at: 1, uses: 1 })
    .execute();
  await trx.insertInto("domain_tags").values({ domain_id: domain.id, tag: "t" }).execute();
  await trx
    .insertInto("roles")
    .values({ ...on, ...at, id: roleId, name: "admin" })
    .execute();
  await trx.insertInto("role_actions").values({ role_id: roleId, action: "read" }).execute();
  await trx
    .insertInto("role_members")
    .values({ ...on, ...at, ...owned, role_id: roleId })
    .execute();
  const invitation = { domain_id: domain.id, invitee_user_id: user.id, invited_by: user.id };
  await trx
    .insertInto("invitations")
    .values({ ...invitation, ...at, role_id: roleId })
    .execute();
  await insertEntities(trx, domain.id, ids);
  return { ...ids, domainId: domain.id, userId: user.id, tokenId: token.id, roleId };
}

async function insertEntities(
  trx: Transaction<Schema>,
  domainId: string,
  ids: { clients: string; channels: string; groups: string },
): Promise<void> {
  const key = { domain_id: domainId };
  const parent = { parent_id: ids.groups };
  await trx
    .insertInto("entities")
    .values([
      entityRow({ ...key, type: "groups", id: ids.groups }),
      entityRow({ ...key, type: "clients", id: ids.clients, ...parent }),
      entityRow({ ...key, type: "channels", id: ids.channels, ...parent }),
    ])
    .execute();
  const tags = Object.entries(ids).map(([type, id]) => ({ ...key, type, tag: "t", entity_id: id }));
  await trx.insertInto("entity_tags").values(tags).execute();
  await trx
    .insertInto("client_details")
    .values({ ...key, id: ids.clients, ...secret })
    .execute();
  await trx
    .insertInto("channel_details")
    .values({ ...key, id: ids.channels, route: "tele" })
    .execute();
  await trx
    .insertInto("group_details")
    .values({ ...key, id: ids.groups })
    .execute();
  await trx
    .insertInto("group_ancestry")
    .values({ ...key, descendant_id: ids.groups, ancestor_id: ids.groups, depth: 0 })
    .execute();
  await trx
    .insertInto("connections")
    .values({ ...key, channel_id: ids.channels, client_id: ids.clients, kind: 1 })
    .execute();
}
