import { existsSync } from "node:fs";
import pg from "pg";
import { expect, test } from "vitest";
import { startPostgresCluster } from "./postgres-cluster.ts";

async function ask(url: string, query: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(query)).rows;
  } finally {
    await client.end();
  }
}

test("the tests have a real PostgreSQL that is not run by root", async () => {
  const url = process.env.TESSERA_TEST_POSTGRES_URL ?? "";
  const rows = await ask(url, "select current_setting('fsync') as fsync");
  expect(rows).toEqual([{ fsync: "off" }]);
});

test("a stopped cluster answers no more and leaves no folder behind", async () => {
  const cluster = await startPostgresCluster();
  const [row] = await ask(cluster.url, "select current_setting('data_directory') as folder");
  const { folder } = row as { folder: string };
  expect(existsSync(folder)).toBe(true);
  await cluster.stop();
  expect(existsSync(folder)).toBe(false);
  await expect(ask(cluster.url, "select 1")).rejects.toThrow();
});
