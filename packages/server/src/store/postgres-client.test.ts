import { inspect } from "node:util";
import { expect, test } from "vitest";
import { openQuotingPostgres } from "../testing/quoting-postgres.ts";
import { openDatabase } from "./database.ts";
import { PostgresClient } from "./postgres-client.ts";
import { createPool } from "./postgres-pool.ts";

const password = "Geheim/4711";
const encoded = encodeURIComponent(password);

test.each([
  ["a connection", (databaseUrl: string) => new PostgresClient(databaseUrl).connect()],
  [
    "a pool",
    async (databaseUrl: string) => {
      const options = { databaseUrl, name: "test", size: 1, statementTimeoutMilliseconds: 1_000 };
      const pool = createPool(options);
      try {
        await pool.query("select 1");
      } finally {
        await pool.end();
      }
    },
  ],
  [
    "a start",
    (databaseUrl: string) =>
      openDatabase({ databaseUrl, dataDir: "/nowhere", isBesideServer: false }),
  ],
])("what refuses %s by saying its password leaves it out of the error", async (_, open) => {
  const server = await openQuotingPostgres(`wrong: %s, ${encoded}, %b`);
  try {
    const error = await open(`postgres://tessera:${encoded}@127.0.0.1:${server.port}/tessera`).then(
      () => expect.unreachable("it was let in"),
      (thrown: unknown) => thrown,
    );
    const shown = `${inspect(error, { depth: null })} ${JSON.stringify(error)}`;
    expect(server.heard).toContain(password);
    expect(shown).toContain("wrong: …, …, …");
    for (const form of [password, encoded, Buffer.from(password).toString("base64")]) {
      expect(shown).not.toContain(form);
    }
  } finally {
    await server.close();
  }
});
