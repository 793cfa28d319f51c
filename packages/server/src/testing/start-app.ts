import { randomBytes, randomUUID } from "node:crypto";
import {
  type Catalogue,
  createCatalogue,
  type ErrorReply,
  parseScopeText,
  toWireScope,
} from "@tessera/contract";
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from "fastify";
import { type BuildOptions, buildApp } from "../app.ts";
import { type ChangeHub, openChangeHub } from "../changes/change-hub.ts";
import { type Config, parseConfig } from "../config.ts";
import type { Deps } from "../deps.ts";
import { openChains } from "../features/audit/open-chains.ts";
import { insertSession } from "../features/users/sessions/session-store.ts";
import { signTokenPair } from "../features/users/sessions/token-pair.ts";
import { deriveKeys, requireKnownKeys } from "../keys.ts";
import { createLog } from "../log.ts";
import { type DatabaseOptions, openDatabase, type Trx } from "../store/database.ts";
import type { TestDatabase, TestDatabaseKind } from "./test-databases.ts";

const adminPassword = "first-admin-pass-1";
const testPassword = "the password of test users";
/**
 * Hashing a password for every user, and comparing with a hash that is as dear as those of the program, would take
 * most of the time of the tests. A hash says itself how dear it is.
 */
const passwordHashes = {
  cheap: {
    admin:
      "$argon2id$v=19$m=64,t=1,p=1$wdL1pcQhBnGWtgYWJ1csfg$KhGcbFQ33BuifBdBVpRfNp6mKRu7FdzVqx5GmJcTSpo",
    user: "$argon2id$v=19$m=64,t=1,p=1$BVX0sXXh1ZQf7HAkjiaJxw$g5jVtXAS7I+sm18EVOTxxeu2/1JhfQ6tnWR1KslMiXQ",
  },
  dear: {
    admin:
      "$argon2id$v=19$m=19456,t=2,p=1$TWUI6xBPP4Oszaug/RxiNA$ERunLLM+QtMQY8UPF1QYUgHjn7fthj/NiYDyN47LwsQ",
    user: "$argon2id$v=19$m=19456,t=2,p=1$IlZdGEuTfh0vmk6KxJSnSg$Io9jviLe2Lpw/Z1D0jsZasmgcqqtwBwlfDuwhID1n20",
  },
} as const;
/** A test of one of these limits sets it. */
const highLimits = {
  TESSERA_SIGN_INS_PER_ACCOUNT: "100000",
  TESSERA_SIGN_INS_PER_ADDRESS: "100000",
  TESSERA_REGISTRATIONS_PER_ADDRESS: "100000",
} as const;
/** Settings of a server that sends mail: to nobody, unless a test says where to. */
export const mailSettings = {
  TESSERA_SMTP_URL: "smtp://127.0.0.1:9",
  TESSERA_MAIL_FROM: "Tessera <tessera@example.test>",
  TESSERA_PUBLIC_URL: "http://tessera.example.test",
} as const;
const secretKey = "only tests sign by these words, 32 long";

export interface TestResponse<Body = unknown> {
  readonly status: number;
  readonly headers: LightMyRequestResponse["headers"];
  /** Parsed JSON, or `undefined` where there was no body. */
  readonly body: Body;
  /** The server's last lines of log, where it says that it failed: of what, and of the request. */
  readonly failure?: string;
}

// biome-ignore lint/suspicious/noExplicitAny: tests look at replies as clients without types do.
type LooseBody = any;

/** Somebody who calls the server: a session, a token, or nobody. */
export interface Caller {
  /** The header that names the caller; nobody has none. */
  readonly authorization: string | undefined;
  /** `call("POST", "/domains", { name: "Plant" })` */
  call<Body = LooseBody>(
    method: InjectOptions["method"] & string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<TestResponse<Body>>;
}

export interface TestUser extends Caller {
  readonly id: string;
  readonly username: string;
  readonly email: string;
  readonly password: string;
  readonly accessToken: string;
  readonly refreshToken: string;
}

export interface TestApp {
  readonly app: FastifyInstance;
  /** Where it listens, from the first time on that this is asked. */
  address(): Promise<string>;
  readonly deps: Deps;
  readonly testDatabase: TestDatabase;
  /** The platform's administrator, signed in. */
  readonly admin: TestUser;
  readonly nobody: Caller;
  /** The server's clock; tests move it. */
  readonly clock: { now: number };
  /** Every line that the server has logged. */
  readonly logLines: readonly string[];
  bearer(credential: string): Caller;
  /** A new user, signed in. */
  newUser(): Promise<TestUser>;
  signIn(username: string, password: string): Promise<TestUser>;
  /** A new domain of that user; its id. */
  newDomain(owner: Caller): Promise<string>;
  /** A token of the user with scopes in text form: `clients:view:*`. */
  newToken(
    owner: Caller,
    domainId: string,
    scopes: readonly string[],
    duration?: string,
  ): Promise<{ readonly id: string; readonly secret: string } & Caller>;
  close(): Promise<void>;
}

export interface TestAppOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** How much work it is to check the password of a user; `dear`: as much as in the program. */
  readonly passwords?: keyof typeof passwordHashes;
  readonly catalogue?: Catalogue;
  readonly file?: Readonly<Record<string, unknown>>;
  readonly build?: Partial<BuildOptions>;
  /** Adds what the server itself does not have, before it is ready. */
  readonly configure?: (app: FastifyInstance) => void;
  /** Stands between the features and their transactions. */
  readonly aroundHub?: (hub: ChangeHub) => ChangeHub;
  /** A second server process on the database of the first. */
  readonly sameDatabaseAs?: Pick<TestApp, "testDatabase">;
  /** With `sameDatabaseAs`: the way to its PostgreSQL. */
  readonly reachedBy?: Partial<DatabaseOptions>;
}

/** A whole server on a database of its own, without a port. */
export async function startApp(
  kind: TestDatabaseKind,
  options: TestAppOptions = {},
): Promise<TestApp> {
  const other = options.sameDatabaseAs?.testDatabase;
  const config: Config = parseConfig(
    {
      TESSERA_LOG_LEVEL: "trace",
      TESSERA_ADMIN_EMAIL: "admin@example.test",
      TESSERA_ADMIN_PASSWORD: adminPassword,
      // Tests are quicker than people, and their clock stands still.
      TESSERA_CHANGES_PER_MINUTE: "1000000",
      TESSERA_CHANGES_AT_ONCE: "1000",
      TESSERA_LISTS_PER_MINUTE: "1000000",
      TESSERA_LISTS_AT_ONCE: "1000",
      TESSERA_LIST_TIME_PER_MINUTE: "24h",
      TESSERA_BAD_CREDENTIALS_PER_MINUTE: "1000000",
      ...highLimits,
      // Tests leave nothing in the folder that they are run in.
      TESSERA_AUDIT_CHECKPOINT_FILE: "off",
      ...options.environment,
    },
    options.file,
  );
  const testDatabase =
    other === undefined
      ? await kind.open({ listTimeoutMilliseconds: config.list_timeout })
      : await openAgain(other, options.reachedBy);
  const clock = { now: Date.now() };
  const logLines: string[] = [];
  const keys = deriveKeys(secretKey);
  const catalogue = options.catalogue ?? createCatalogue(config.catalogue);
  const deps: Deps = {
    config,
    catalogue,
    database: testDatabase.database,
    hub: (options.aroundHub ?? ((hub) => hub))(
      await openChangeHub({
        database: testDatabase.database,
        catalogue,
        clock: () => clock.now,
        newId: randomUUID,
        auditKeys: keys.audit,
      }),
    ),
    keys,
    clock: () => clock.now,
    randomBytes,
    newId: randomUUID,
    log: createLog(config.log_level, { write: (line: string) => void logLines.push(line) }),
  };
  await requireKnownKeys(deps.database, keys, clock.now);
  await openChains(deps);
  const build = { version: "0.0.0", commit: "", builtAt: "", instanceId: "test" };
  const app = await buildApp(deps, {
    build,
    webFolder: undefined,
    // What tests look at is not written beside them.
    refusalsEveryMilliseconds: 24 * 3_600_000,
    ...options.build,
  });
  options.configure?.(app);
  await app.ready();

  const callerWith = (authorization: string | undefined): Caller => ({
    authorization,
    call: async (method, path, body, headers = {}) => {
      const response = await app.inject({
        method: method as "GET",
        url: path,
        headers: {
          ...(authorization === undefined ? {} : { authorization }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        ...(body === undefined
          ? {}
          : { payload: typeof body === "string" ? body : JSON.stringify(body) }),
      });
      const isJson = /[/+]json\b/.test(String(response.headers["content-type"]));
      return {
        status: response.statusCode,
        headers: response.headers,
        body: response.body === "" ? undefined : isJson ? response.json() : response.body,
        ...(response.statusCode >= 500
          ? { failure: logLines.filter(isError).slice(-2).join("") }
          : {}),
      } as never;
    },
  });
  const nobody = callerWith(undefined);
  const bearer = (credential: string) => callerWith(`Bearer ${credential}`);

  const asUser = (user: Omit<TestUser, keyof Caller>): TestUser => ({
    ...user,
    ...bearer(user.accessToken),
  });
  const signIn = async (username: string, password: string): Promise<TestUser> => {
    const issued = await nobody.call("POST", "/users/tokens/issue", { username, password });
    const { access_token: accessToken, refresh_token: refreshToken } = requireStatus(issued, 201);
    const profile = requireStatus(await bearer(accessToken).call("GET", "/users/profile"), 200);
    const { id, email, credentials } = profile;
    return asUser({
      id,
      email,
      username: credentials.username,
      password,
      accessToken,
      refreshToken,
    });
  };
  const hashes = passwordHashes[options.passwords ?? "cheap"];
  const admin = asUser(await signInFirstAdmin(deps, hashes.admin));
  const newUser = async (): Promise<TestUser> => {
    const row = newUserRow();
    const tokens = await openSession(deps, row, (trx) =>
      insertUser(trx, deps, row, { role: "user", passwordHash: hashes.user }),
    );
    return asUser({ ...row, ...tokens, password: testPassword });
  };

  let listening: Promise<string> | undefined;
  return {
    app,
    address: () => {
      listening ??= app.listen({ port: 0, host: "127.0.0.1" });
      return listening;
    },
    deps,
    testDatabase,
    admin,
    nobody,
    clock,
    logLines,
    bearer,
    signIn,
    newUser,
    newDomain: async (owner) => {
      const route = `d${randomUUID().slice(0, 13)}`;
      const created = await owner.call("POST", "/domains", { name: `Plant ${route}`, route });
      return requireStatus(created, 201).id;
    },
    newToken: async (owner, domainId, scopes, duration = "24h") => {
      const created = await owner.call("POST", "/pats", {
        name: "ci",
        duration,
        scopes: scopes.map((text) => readScope(domainId, text)),
      });
      const { id, secret } = requireStatus(created, 201);
      return { id, secret, ...bearer(secret) };
    },
    close: async () => {
      await app.close();
      await testDatabase.close();
    },
  };
}

function newUserRow(): Record<"id" | "username" | "email", string> {
  const username = `u${randomUUID().slice(0, 13)}`;
  const email = `${username}@example.test`;
  return { id: randomUUID(), username, email };
}

/** The administrator that the first start would have made. */
async function signInFirstAdmin(
  deps: Deps,
  passwordHash: string,
): Promise<Omit<TestUser, keyof Caller>> {
  const { read } = deps.database;
  const named = read.selectFrom("users").where("username_key", "=", "admin");
  const found = await named.select(["id", "username", "email"]).executeTakeFirst();
  const row = found ?? { id: randomUUID(), username: "admin", email: "admin@example.test" };
  const tokens = await openSession(deps, row, async (trx) => {
    if (found === undefined) await insertUser(trx, deps, row, { role: "admin", passwordHash });
  });
  return { ...row, ...tokens, password: adminPassword };
}

/** Makes the user as registering would, without the cost of hashing. */
async function insertUser(
  trx: Trx,
  { clock }: Deps,
  user: ReturnType<typeof newUserRow>,
  { role, passwordHash }: { readonly role: "admin" | "user"; readonly passwordHash: string },
): Promise<void> {
  const [firstName, lastName] =
    role === "admin" ? (["Platform", "Administrator"] as const) : (["Ada", "Byron"] as const);
  await trx
    .insertInto("users")
    .values({
      ...user,
      username_key: user.username,
      email_key: user.email,
      first_name: firstName,
      first_name_key: firstName.toLowerCase(),
      last_name: lastName,
      last_name_key: lastName.toLowerCase(),
      role,
      password_hash: passwordHash,
      created_at: clock(),
    })
    .execute();
}

/** Makes a session of the user, as signing in would, without the cost of hashing. */
async function openSession(
  deps: Deps,
  user: ReturnType<typeof newUserRow>,
  makeUser: (trx: Trx) => Promise<void>,
) {
  const issuedAt = deps.clock();
  const sessionId = randomUUID();
  const expiresAt = issuedAt + deps.config.refresh_token_lifetime;
  const keyVersion = deps.keys.version;
  const origin = { sessionId, userId: user.id, expiresAt, generation: 0, issuedAt, keyVersion };
  const { accessToken, refreshToken } = await signTokenPair(deps, origin);
  await deps.database.inTransaction(async (trx) => {
    await makeUser(trx);
    await insertSession(trx, {
      id: sessionId,
      user_id: user.id,
      refresh_digest: deps.keys.digest("refresh-token", refreshToken, keyVersion),
      key_version: keyVersion,
      created_at: issuedAt,
      expires_at: expiresAt,
      confirmed_at: issuedAt,
      address: "127.0.0.1",
    });
  });
  return { accessToken, refreshToken };
}

function readScope(domainId: string, text: string) {
  const scope = parseScopeText(text);
  if (scope === undefined) throw new Error(`${text} is no scope`);
  const entityId = scope.entityType === "domains" ? domainId : scope.entityId;
  return toWireScope({ ...scope, domainId, entityId });
}

async function openAgain(
  { options: first }: TestDatabase,
  reachedBy: Partial<DatabaseOptions> = {},
): Promise<TestDatabase> {
  const options = { ...first, ...reachedBy };
  const database = await openDatabase(options);
  return { database, options, close: () => database.close() };
}

/** The body of a reply that had to have that status. */
export function requireStatus<Body>(response: TestResponse<Body>, status: number): Body {
  if (response.status === status) return response.body;
  const told = (response.body as ErrorReply | undefined)?.message ?? "";
  const { failure = "" } = response;
  throw new Error(`answered ${response.status} instead of ${status}: ${told} ${failure}`.trimEnd());
}

const isError = (line: string) => line.startsWith('{"level":50');
