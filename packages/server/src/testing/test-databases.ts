import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { startPostgresCluster } from "../../../../scripts/postgres-cluster.ts";
import { type Database, type DatabaseOptions, openDatabase } from "../store/database.ts";

export interface TestDatabase {
  database: Database;
  /** Opens the same database again, as another server process (PostgreSQL) or a later one would. */
  options: DatabaseOptions;
  /** Closes and removes it. */
  close(): Promise<void>;
}

/** Makes an empty, migrated database that no one else uses. */
export interface TestDatabaseKind {
  name: "SQLite" | "PostgreSQL";
  open(wish?: TestDatabaseWish): Promise<TestDatabase>;
}

type TestDatabaseWish = Pick<DatabaseOptions, "listTimeoutMilliseconds">;

/** For `onEveryDatabase`, and to pick the one that a test is about. */
export const testDatabases: readonly TestDatabaseKind[] = [
  { name: "SQLite", open: openTestSqlite },
  { name: "PostgreSQL", open: openTestPostgres },
];

export async function openTestSqlite(wish: TestDatabaseWish = {}): Promise<TestDatabase> {
  const dataDir = await mkdtemp(join(tmpdir(), "tessera-test-"));
  const options = { dataDir, ...wish };
  const database = await openDatabase(options);
  return {
    database,
    options,
    close: async () => {
      await database.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** The kind, on PostgreSQL on a cluster of which no other test takes anything. */
export function onOwnCluster(kind: TestDatabaseKind): TestDatabaseKind {
  if (kind.name === "SQLite") return kind;
  return {
    ...kind,
    open: async (wish) => {
      const cluster = await startPostgresCluster();
      const opened = await openTestPostgres(wish, cluster.url);
      const close = async () => {
        try {
          await opened.close();
        } finally {
          await cluster.stop();
        }
      };
      return { ...opened, close };
    },
  };
}

export async function openTestPostgres(
  wish: TestDatabaseWish = {},
  cluster = clusterUrl(),
): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll("-", "")}`;
  await onCluster(cluster, async (client) => {
    await requireTemplate(cluster, client);
    await client.query(`create database ${name} template ${TEMPLATE} strategy file_copy`);
  });
  const options = { databaseUrl: databaseUrl(cluster, name), dataDir: tmpdir(), ...wish };
  const database = await openDatabase(options);
  return {
    database,
    options,
    close: async () => {
      await database.close();
      await onCluster(cluster, (client) => client.query(`drop database ${name} with (force)`));
    },
  };
}

const TEMPLATE = "test_template";

/** Migrates once for all suites of a run, whose workers wait here for the first. */
async function requireTemplate(cluster: string, client: pg.Client): Promise<void> {
  await client.query("select pg_advisory_lock(1)");
  const found = await client.query("select from pg_database where datname = $1", [TEMPLATE]);
  if (found.rowCount === 0) {
    const unfinished = `${TEMPLATE}_unfinished`;
    await client.query(`drop database if exists ${unfinished} with (force)`);
    await client.query(`create database ${unfinished}`);
    const database = await openDatabase({
      databaseUrl: databaseUrl(cluster, unfinished),
      dataDir: tmpdir(),
    });
    await database.close();
    await client.query(`alter database ${unfinished} rename to ${TEMPLATE}`);
  }
  await client.query("select pg_advisory_unlock(1)");
}

async function onCluster<T>(cluster: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(cluster);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function databaseUrl(cluster: string, name: string): string {
  const url = new URL(cluster);
  url.pathname = `/${name}`;
  return url.href;
}

function clusterUrl(): string {
  const url = process.env.TESSERA_TEST_POSTGRES_URL;
  if (url === undefined) {
    throw new Error("TESSERA_TEST_POSTGRES_URL names no cluster: start the tests with vitest.");
  }
  return url;
}
