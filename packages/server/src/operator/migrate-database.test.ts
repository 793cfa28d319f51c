import { randomBytes } from "node:crypto";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { parseConfig } from "../config.ts";
import { mintToken } from "../features/tokens/lifecycle/token-secret.ts";
import { deriveKeys, requireKnownKeys } from "../keys.ts";
import { type Database, openDatabase } from "../store/database.ts";
import { inspectDatabase } from "../store/inspection.ts";
import { listMigrations } from "../store/migrations/index.ts";
import { sqliteWords } from "../store/migrations/sql-words.ts";
import { DatabaseSetupError } from "../store/setup-error.ts";
import { findFolderLock } from "../store/sqlite-files.ts";
import { type FirstRows, putBackToFirstSchema } from "../testing/first-schema.ts";
import { onEveryDatabase } from "../testing/on-every-database.ts";
import { startApp } from "../testing/start-app.ts";
import type { TestDatabase } from "../testing/test-databases.ts";
import { migrateDatabase } from "./migrate-database.ts";

const keys = deriveKeys("only tests sign by these words, 32 long");
const [, ...later] = Object.keys(listMigrations(sqliteWords));
const upToDate = "The database has the schema of this version.\n";

const configOf = ({ options: { dataDir, databaseUrl } }: TestDatabase) =>
  parseConfig({ TESSERA_DATA_DIR: dataDir, DATABASE_URL: databaseUrl });

onEveryDatabase("tessera migrate", (kind) => {
  test("says what would be done, does it, and then there is nothing to do", async () => {
    const opened = await kind.open();
    await putBackToFirstSchema(opened, {});
    const run = (isDryRun: boolean) => migrateDatabase(configOf(opened), { isDryRun });
    const names = later.map((name) => `  ${name}\n`).join("");
    expect(await run(true)).toBe(`To be done, all or none:\n${names}`);
    expect(await run(true)).toBe(`To be done, all or none:\n${names}`);
    if (kind.name === "SQLite") {
      const lock = findFolderLock(opened.options.dataDir);
      await expect(run(false)).rejects.toThrow(/^Another Tessera is running on the data folder/);
      lock?.close();
    }
    expect(await run(false)).toBe(`Done:\n${names}`);
    expect([await run(true), await run(false)]).toEqual([upToDate, upToDate]);
    await opened.close();
  });

  test("refuses what a newer version has migrated, and says what to start", async () => {
    const opened = await kind.open();
    const insert = sql`insert into tessera_migration (name, timestamp) values ('9999-later', '')`;
    await opened.database.inTransaction(async (trx) => void (await insert.execute(trx)));
    await opened.database.close();
    for (const isDryRun of [true, false]) {
      await expect(migrateDatabase(configOf(opened), { isDryRun })).rejects.toThrow(
        "(unknown migration: 9999-later). Start that version or a later one, or restore the backup",
      );
    }
    await opened.close();
  });

  test("says in a sentence at what it failed, and has then changed nothing", async () => {
    const opened = await kind.open();
    await putBackToFirstSchema(opened, {}, ["alter table server_keys add column wrapped text"]);
    const failure = await migrateDatabase(configOf(opened), { isDryRun: false }).catch(
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(DatabaseSetupError);
    expect((failure as Error).message).toMatch(
      /^Migrating the database failed at 0024-key-rotation: .*wrapped.*\. Nothing was changed: .* tessera doctor/,
    );
    const names = later.map((name) => `  ${name}\n`).join("");
    expect(await migrateDatabase(configOf(opened), { isDryRun: true })).toContain(names);
    const early = kind.name === "SQLite" ? ["column server_keys.wrapped"] : [];
    expect((await inspectDatabase(opened.options)).difference).toEqual({
      missing: [],
      early,
      strange: [],
    });
    await opened.close();
  });

  test("keeps all that the first schema held, and its tokens go on", async () => {
    const opened = await kind.open();
    const { text, digest, keyVersion } = mintToken(ids.token, {
      config: configOf(opened),
      keys,
      randomBytes,
    });
    const rows = firstRows({ digest, key_version: keyVersion });
    await putBackToFirstSchema(opened, rows);
    await migrateDatabase(configOf(opened), { isDryRun: false });
    const database = await openDatabase(opened.options);
    await requireKnownKeys(database, keys, 1);

    for (const [table, before] of Object.entries(rows)) {
      const after = await readAll(database, table);
      const columns = Object.keys(after[0] ?? {});
      const kept = before.map((row) =>
        Object.fromEntries(Object.entries(row).filter(([name]) => columns.includes(name))),
      );
      expect(after, table).toEqual(
        expect.arrayContaining(kept.map((row) => expect.objectContaining(row))),
      );
      const added = table === "server_keys" ? 1 : 0;
      expect(after.length, table).toBe(before.length + added);
    }
    expect(await readAll(database, "token_secrets")).toMatchObject([
      { token_id: ids.token, digest, key_version: keyVersion, state: "live" },
    ]);
    await database.close();
    const facts = await inspectDatabase(opened.options);
    expect(facts).toMatchObject({
      migrations: { missing: [], unknown: [] },
      ...(facts.kind === "sqlite" ? { damages: [] } : {}),
    });

    const server = await startApp(kind, { sameDatabaseAs: { testDatabase: opened } });
    const self = await server.bearer(text).call("GET", "/pats/self");
    expect(self).toMatchObject({ status: 200, body: { id: ids.token } });
    const seen = await server.bearer(text).call("GET", `/${ids.domain}/clients/${ids.client}`);
    expect(seen).toMatchObject({ status: 200, body: { name: "Pump", tags: ["a"] } });
    await server.close();
    await opened.close();
  });
});

async function readAll(database: Database, table: string): Promise<Record<string, unknown>[]> {
  const { rows } = await sql<Record<string, unknown>>`select * from ${sql.table(table)}`.execute(
    database.read,
  );
  return rows.map((row) => ({ ...row }));
}

const idOf = (number: number) => `00000000-0000-4000-8000-00000000000${number}`;
const ids = {
  owner: idOf(1),
  friend: idOf(2),
  token: idOf(3),
  domain: idOf(4),
  group: idOf(5),
  client: idOf(6),
  channel: idOf(7),
  role: idOf(8),
};

/** Each table of the first schema, parents first. */
function firstRows(secret: { readonly digest: string; readonly key_version: string }): FirstRows {
  const now = Date.now();
  const user = (id: string, name: string) => ({
    id,
    username: name,
    username_key: name,
    email: `${name}@example.test`,
    email_key: `${name}@example.test`,
    password_hash: "none",
    metadata: '{"a":1}',
    created_at: now,
  });
  const domain_id = ids.domain;
  const entity = (type: string, id: string, name: string, parent_id: string | null) => ({
    ...{ domain_id, type, id, name, name_key: name.toLowerCase(), parent_id },
    ...{ created_by: ids.owner, created_at: now, touched_at: now },
  });
  const onDomain = { domain_id, entity_type: "domains", entity_id: domain_id };
  return {
    users: [user(ids.owner, "owner"), user(ids.friend, "friend")],
    user_tags: [{ user_id: ids.owner, tag: "a" }],
    sessions: [
      {
        ...{ id: "s", user_id: ids.owner, refresh_digest: "d", refresh_generation: 3 },
        ...{ created_at: now, expires_at: now + 1000, address: "127.0.0.1" },
      },
    ],
    server_keys: [],
    instance: [{ name: "kept", value: "yes" }],
    tokens: [
      {
        ...{ id: ids.token, user_id: ids.owner, name: "ci", name_key: "ci", ...secret },
        ...{ issued_at: now, expires_at: now + 3_600_000, use_count: 7 },
      },
    ],
    token_scopes: [
      {
        ...{ id: "scope", token_id: ids.token, domain_id, entity_type: "clients" },
        ...{ entity_id: "*", operation: "view", created_at: now },
      },
    ],
    token_daily_use: [{ token_id: ids.token, day: "2026-01-31", uses: 7 }],
    domains: [
      {
        ...{ id: domain_id, name: "Plant", name_key: "plant", route: "plant" },
        ...{ created_by: ids.owner, created_at: now, touched_at: now },
      },
    ],
    domain_tags: [{ domain_id, tag: "a" }],
    entities: [
      entity("groups", ids.group, "Hall", null),
      entity("clients", ids.client, "Pump", ids.group),
      entity("channels", ids.channel, "Heat", null),
    ],
    entity_tags: [{ domain_id, type: "clients", entity_id: ids.client, tag: "a" }],
    client_details: [
      { domain_id, id: ids.client, identity: "pump", secret_digest: "d", secret_key_version: "v" },
    ],
    channel_details: [{ domain_id, id: ids.channel, route: "heat" }],
    group_details: [{ domain_id, id: ids.group, description: "of the plant" }],
    group_ancestry: [{ domain_id, descendant_id: ids.group, ancestor_id: ids.group, depth: 0 }],
    connections: [{ domain_id, channel_id: ids.channel, client_id: ids.client, kind: 1 }],
    roles: [{ id: ids.role, ...onDomain, name: "admin", has_all_actions: 1, created_at: now }],
    role_actions: [{ role_id: ids.role, action: "read" }],
    role_members: [{ role_id: ids.role, user_id: ids.owner, ...onDomain, created_at: now }],
    invitations: [
      {
        ...{ domain_id, invitee_user_id: ids.friend, invited_by: ids.owner },
        ...{ role_id: ids.role, created_at: now },
      },
    ],
    audit_events: [
      { id: "e", at: now, actor_kind: "system", action: "users.purge", details: '{"a":[1]}' },
    ],
    sign_in_failures: [{ key: "address:127.0.0.1", at: now }],
  };
}
