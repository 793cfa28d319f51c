import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { onEveryDatabase } from "../../testing/on-every-database.ts";
import { requireStatus, startApp, type TestApp } from "../../testing/start-app.ts";
import { tokenSecretsStatements } from "./0012-token-secrets.ts";
import { tokenEndingsStatements } from "./0014-token-endings.ts";
import { postgresWords, sqliteWords } from "./sql-words.ts";

onEveryDatabase("tokens from before their secrets were rows", (kind) => {
  let server: TestApp;
  beforeAll(async () => {
    server = await startApp(kind);
  });
  afterAll(() => server.close());

  test("go on with the secret that they have, and with its end", async () => {
    const { admin, deps } = server;
    const token = await server.newToken(admin, await server.newDomain(admin), [], "30d");
    const before = requireStatus(await admin.call("GET", `/pats/${token.id}`), 200);
    const words = kind.name === "SQLite" ? sqliteWords : postgresWords;
    await deps.database.inTransaction(async (trx) => {
      for (const statement of asBefore) await sql.raw(statement).execute(trx);
      for (const statement of [
        ...tokenSecretsStatements(words),
        ...tokenEndingsStatements(words),
      ]) {
        await sql.raw(statement).execute(trx);
      }
    });
    expect((await token.call("GET", "/pats/self")).status).toBe(200);
    const after = requireStatus(await admin.call("GET", `/pats/${token.id}`), 200);
    expect(after).toMatchObject({
      issued_at: before.issued_at,
      expires_at: before.expires_at,
      status: "active",
      on_retired_use: "report",
    });
    expect(after.secrets).toMatchObject([{ state: "live", expires_at: before.expires_at }]);
    const rotated = requireStatus(await admin.call("POST", `/pats/${token.id}/rotate`, {}), 201);
    expect(Date.parse(rotated.expires_at)).toBe(server.clock.now + 30 * 86_400_000);
  });
});

/** Puts the schema back to what it was, with the tokens that there are. */
const asBefore = [
  "alter table tokens add column digest text not null default ''",
  "alter table tokens add column key_version text not null default ''",
  `update tokens set
    digest = (select s.digest from token_secrets s where s.token_id = tokens.id and s.slot = 1),
    key_version = (select s.key_version from token_secrets s where s.token_id = tokens.id and s.slot = 1)`,
  "drop table token_secret_tries",
  "drop table token_secrets",
  ...["lifetime", "self_rotate", "renew_until", "on_retired_use"].map(
    (column) => `alter table tokens drop column ${column}`,
  ),
];
