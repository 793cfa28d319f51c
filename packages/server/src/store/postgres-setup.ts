import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import { othersWords } from "../others-words.ts";
import { PostgresClient } from "./postgres-client.ts";
import type { WatchedPool } from "./postgres-pool.ts";
import type { Schema } from "./schema.ts";
import { DatabaseSetupError } from "./setup-error.ts";

const poolerAdvice =
  "set TESSERA_DATABASE_PREPARED=off, and name a direct connection in TESSERA_DATABASE_LISTEN_URL";

/** What PostgreSQL, or who stands before it, says at the start, as a sentence that names the setting. */
export async function explainingSetup<T>(setting: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const sentence = explain(error);
    if (sentence === undefined) throw error;
    throw new DatabaseSetupError(`${setting} ${sentence}`, { cause: error });
  }
}

const CONNECT_TIMEOUT_MILLISECONDS = 5_000;

/**
 * Works on one connection, without any limit of time: a migration, or waiting for another process's, may take longer than
 * a statement. Throws a `DatabaseSetupError` where there is no such database.
 */
export async function onPlainPostgres<T>(
  databaseUrl: string,
  name: string,
  work: (db: Kysely<Schema>) => Promise<T>,
): Promise<T> {
  const pool = new pg.Pool({
    Client: PostgresClient,
    connectionString: databaseUrl,
    application_name: name,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MILLISECONDS,
    max: 1,
  });
  // Whoever uses the connection hears of it from the statement that fails; without one there is nothing to lose.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  try {
    return await explainingSetup("DATABASE_URL", () => work(db));
  } finally {
    await db.destroy();
  }
}

/** Throws where limits that were set for a connection did not arrive: a pooler lends out its own connections. */
export async function requireSessions(pool: WatchedPool, timeoutMilliseconds: number) {
  const [row] = await pool.query<{ timeout: number }>({
    text: "select setting::int as timeout from pg_settings where name = 'statement_timeout'",
  });
  if (row?.timeout === timeoutMilliseconds) return;
  throw new DatabaseSetupError(
    `DATABASE_URL leads to a pooler that does not pass on what is set for a connection: ${poolerAdvice}`,
  );
}

const ownParameters = ["statement_timeout", "idle_in_transaction_session_timeout"];

function explain(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof DatabaseSetupError) return undefined;
    const refused = /unsupported startup parameter(?: in options)?:? ?(\S*)/.exec(cause.message);
    if (refused !== null) return explainRefused(refused[1] ?? "");
    if (cause instanceof AggregateError && cause.message === "") {
      return explain(cause.errors[0]);
    }
    const { code } = cause as { code?: unknown };
    if (typeof code === "string" && isConnectionCode.test(code)) {
      return `leads to no database that can be used: ${othersWords(cause.message)}: see that PostgreSQL runs there and takes changes, and that its address, user, password and database are right`;
    }
  }
  return undefined;
}

/** Of the socket, of the connection, of signing in, no such database, too many connections, starting up, a standby. */
const isConnectionCode = /^(E[A-Z_]+|08...|28...|3D000|53300|57P0.|25006)$/;

function explainRefused(parameter: string): string {
  if (ownParameters.includes(parameter)) {
    return `leads to a pooler that refuses ${parameter}: ${poolerAdvice}`;
  }
  return `leads to a pooler that refuses the parameter ${othersWords(parameter)}: remove it from the URL`;
}
