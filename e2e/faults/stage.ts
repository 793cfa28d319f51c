import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { openTestPostgres } from "../../packages/server/src/testing/test-databases.ts";
import { call } from "../call.ts";
import {
  newDataDir,
  removeDataDir,
  type ServerProcess,
  startServerProcess,
} from "../server-process.ts";

const admin = { username: "admin@example.test", password: "faults-test-password" };

export type Settings = Readonly<Record<string, string>>;

/** A server with somebody who is signed in, a domain and a token on it, before anything is wrong. */
export interface Stage {
  /** In a folder of its own, which goes with it. */
  readonly dataDir: string;
  readonly session: string;
  readonly domainId: string;
  readonly token: { readonly id: string; readonly secret: string };
  readonly settings: Settings;
  server(): ServerProcess;
  /** Starts it, as it was or with other settings; whatever ran before has ended. */
  start(changed?: Settings): Promise<ServerProcess>;
  /** What a start says that must not succeed. */
  refusal(changed?: Settings): Promise<string>;
  /** The status of a reply, and its code where it is a failure: `503 unavailable`. Nothing else may be in a failure. */
  ask(method: string, path: string, bearer?: string, body?: object): Promise<string>;
  /** Makes a domain. */
  change(): Promise<string>;
  /** Shows the domain to the token. */
  use(): Promise<string>;
  ready(): Promise<string>;
  close(): Promise<void>;
}

/** `place`: prepares the data folder, and says what takes that back. */
export async function openStage(
  changed: Settings = {},
  place: (dataDir: string) => Promise<() => unknown> = async () => () => {},
): Promise<Stage> {
  const folder = await newDataDir();
  const dataDir = join(folder, "data");
  await mkdir(dataDir, { mode: 0o700 });
  const removePlace = await place(dataDir);
  const settings = {
    TESSERA_DATA_DIR: dataDir,
    TESSERA_ADMIN_EMAIL: admin.username,
    TESSERA_ADMIN_PASSWORD: admin.password,
    TESSERA_ACCESS_TOKEN_LIFETIME: "24h",
    TESSERA_LOG_LEVEL: "warn",
    ...changed,
  };
  let server = await startServerProcess(folder, settings);
  const ask: Stage["ask"] = async (method, path, bearer, body) => {
    const answer = await call(server.url, method, path, {
      bearer,
      ...(body === undefined ? {} : { body }),
    });
    if (answer.status < 400) return `${answer.status}`;
    requirePlainFailure(answer.body);
    return `${answer.status} ${answer.body.code}`;
  };
  const issued = await call(server.url, "POST", "/users/tokens/issue", { body: admin });
  const session: string = issued.body.access_token;
  const domain = { name: "Plant", route: "plant" };
  const made = await call(server.url, "POST", "/domains", { bearer: session, body: domain });
  const domainId: string = made.body.id;
  const scope = { entity_type: "domains", entity_id: domainId, operation: "read" };
  const wish = { name: "ci", duration: "24h", scopes: [{ domain_id: domainId, ...scope }] };
  const token = (await call(server.url, "POST", "/pats", { bearer: session, body: wish })).body;
  let count = 0;
  return {
    ...{ dataDir, session, domainId, token, settings, ask },
    server: () => server,
    start: async (others = {}) => {
      server = await startServerProcess(folder, { ...settings, ...others });
      return server;
    },
    refusal: (others = {}) =>
      startServerProcess(folder, { ...settings, ...others }).then(
        async (started) => {
          await started.stop("SIGKILL");
          return `it started:\n${started.output()}`;
        },
        (error: Error) => error.message.split("\n").slice(1).join("\n").trim(),
      ),
    change: () => {
      count += 1;
      const body = { name: `Plant ${count}`, route: `plant-${process.pid}-${count}` };
      // More than the pages that are half empty have room for.
      const metadata = { text: "x".repeat(60_000) };
      return ask("POST", "/domains", session, { ...body, metadata });
    },
    use: () => ask("GET", `/domains/${domainId}`, token.secret),
    ready: () => ask("GET", "/ready"),
    close: async () => {
      await server.stop("SIGKILL");
      await removePlace();
      await removeDataDir(folder);
    },
  };
}

/** A stage that ends with the test. */
export async function newStage(...args: Parameters<typeof openStage>): Promise<Stage> {
  const stage = await openStage(...args);
  onTestFinished(stage.close);
  return stage;
}

export const databaseNames = ["SQLite", "PostgreSQL"] as const;
export type DatabaseName = (typeof databaseNames)[number];

/** The same on either database; `clusterUrl`: a PostgreSQL other than that of all tests. */
export async function newStageOn(
  name: DatabaseName,
  settings: Settings = {},
  clusterUrl?: string,
): Promise<Stage> {
  if (name === "SQLite") return newStage(settings);
  const { database, options, close } = await openTestPostgres({}, clusterUrl);
  onTestFinished(close);
  await database.close();
  return newStage({ ...settings, DATABASE_URL: options.databaseUrl ?? "" });
}

/** A failure says what the table of errors says, and nothing of its cause. */
function requirePlainFailure(body: { readonly message?: string }): void {
  const text = JSON.stringify(body);
  if (/\n? +at |node_modules|\.ts:|SQLITE|sqlite|ECONN|postgres:\/\//.test(text)) {
    throw new Error(`a failure tells its cause: ${text}`);
  }
}
