import { execFileSync } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { statSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { call } from "../e2e/call.ts";
import {
  newDataDir,
  removeDataDir,
  type ServerProcess,
  startServerProcess,
} from "../e2e/server-process.ts";
import { parseConfig } from "../packages/server/src/config.ts";
import { mintToken } from "../packages/server/src/features/tokens/lifecycle/token-secret.ts";
import { deriveKeys } from "../packages/server/src/keys.ts";
import { type Database, openDatabase } from "../packages/server/src/store/database.ts";
import { sqlitePath } from "../packages/server/src/store/sqlite-files.ts";
import type { SeededDomain } from "../packages/server/src/testing/seed-domain.ts";
import { seedTokens, type ToldToken } from "../packages/server/src/testing/seed-tokens.ts";

export type DatabaseName = "SQLite" | "PostgreSQL";
export const databaseNames: readonly DatabaseName[] = ["SQLite", "PostgreSQL"];

const admin = { username: "admin@example.test", password: "the password of the bench" };
const routes =
  "routes:\n  - { method: GET, path: '/devices/{domain}/{id}', operation: clients.view }\n";

/** What the database is filled with, before the measured start. */
export interface Filling {
  readonly ownerId: string;
  readonly database: Database;
  /** Tokens with a scope on one of the domain's clients each. */
  seedTokens(domain: SeededDomain, sizes: TokenSizes): Promise<readonly ToldToken[]>;
  /** The text of a token that is not there. */
  mintUnknown(): string;
}

interface TokenSizes {
  readonly tokens: number;
  readonly scopes: number;
  readonly clients: number;
  readonly told: number;
}

export interface RealServer<Filled> {
  readonly url: string;
  /** An access token of the administrator, who owns what was filled in. */
  readonly session: string;
  readonly filled: Filled;
  readonly process: ServerProcess;
  /** From the start of the process to its being ready. */
  readonly startMilliseconds: number;
  /** As the operating system counts it now. */
  residentMebibytes(): number;
  /** What the database takes on the disk. */
  storedMebibytes(): Promise<number>;
  /** Ends it and starts it again on the same database. */
  restart(environment?: Readonly<Record<string, string>>): Promise<RealServer<Filled>>;
  close(): Promise<void>;
}

/** A server process as an operator starts it, on a database of its own that was filled before. */
export async function startRealServer<Filled>(
  databaseName: DatabaseName,
  fill: (filling: Filling) => Promise<Filled>,
): Promise<RealServer<Filled>> {
  const dataDir = await newDataDir();
  const file = join(dataDir, "tessera.yaml");
  await writeFile(file, routes);
  const settings = {
    TESSERA_CONFIG: file,
    TESSERA_DATA_DIR: dataDir,
    TESSERA_SECRET_KEY: "b7Qx2mVt9LrW4kZp8NcYf3HdJs6GaTe1",
    TESSERA_ADMIN_EMAIL: admin.username,
    TESSERA_ADMIN_PASSWORD: admin.password,
    TESSERA_LOG_LEVEL: "warn",
    ...(process.env.BENCH_NODE_OPTIONS === undefined
      ? {}
      : { NODE_OPTIONS: process.env.BENCH_NODE_OPTIONS }),
    TESSERA_ACCESS_TOKEN_LIFETIME: "24h",
    // Nobody is measured by how soon he is told that it was too much.
    TESSERA_SIGN_INS_PER_ACCOUNT: "1000000",
    TESSERA_SIGN_INS_PER_ADDRESS: "1000000",
    TESSERA_SIGN_IN_FAILURES_PER_ACCOUNT: "100000",
    TESSERA_SIGN_IN_FAILURES_PER_ADDRESS: "100000",
    TESSERA_SIGN_IN_FAILURES_PER_ACCOUNT_IN_ALL: "1000000",
    TESSERA_BAD_CREDENTIALS_PER_MINUTE: "100000000",
    ...(databaseName === "PostgreSQL" ? { DATABASE_URL: await newPostgresDatabase() } : {}),
  };
  const first = await startServerProcess(dataDir, settings);
  const issued = await call(first.url, "POST", "/users/tokens/issue", { body: admin });
  const session: string = issued.body.access_token;
  const ownerId: string = (await call(first.url, "GET", "/users/profile", { bearer: session })).body
    .id;
  await first.stop();

  const config = parseConfig(settings);
  const keys = deriveKeys(settings.TESSERA_SECRET_KEY);
  const database = await openDatabase({ databaseUrl: config.database_url, dataDir });
  const filled = await fill({
    ownerId,
    database,
    seedTokens: (domain, sizes) =>
      seedTokens({ config, keys, randomBytes, database }, domain, sizes),
    mintUnknown: () => mintToken(randomUUID(), { config, keys, randomBytes }).text,
  });
  await database.close();

  const start = async (
    environment: Readonly<Record<string, string>> = {},
  ): Promise<RealServer<Filled>> => {
    const startedAt = performance.now();
    const server = await startServerProcess(dataDir, { ...settings, ...environment });
    const startMilliseconds = performance.now() - startedAt;
    return {
      url: server.url,
      session,
      filled,
      process: server,
      startMilliseconds,
      residentMebibytes: () => readResidentMebibytes(server.pid),
      storedMebibytes: async () =>
        (config.database_url === undefined
          ? statSync(sqlitePath(dataDir)).size
          : await readPostgresBytes(config.database_url)) /
        2 ** 20,
      restart: async (changed) => {
        await server.stop();
        return start({ ...environment, ...changed });
      },
      close: async () => {
        await server.stop();
        await removeDataDir(dataDir);
      },
    };
  };
  return start();
}

async function newPostgresDatabase(): Promise<string> {
  const url = new URL(process.env.TESSERA_TEST_POSTGRES_URL ?? "");
  const name = `bench_${randomBytes(6).toString("hex")}`;
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
  url.pathname = name;
  return url.href;
}

async function readPostgresBytes(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query("select pg_database_size(current_database()) as bytes");
  await client.end();
  return Number(rows[0].bytes);
}

function readResidentMebibytes(pid: number): number {
  return Number(execFileSync("ps", ["-o", "rss=", "-p", `${pid}`], { encoding: "utf8" })) / 1024;
}
