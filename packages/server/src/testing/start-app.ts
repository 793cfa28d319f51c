import { randomBytes, randomUUID } from "node:crypto";
import {
  type Catalogue,
  createCatalogue,
  type ErrorReply,
  parseScopeText,
  toWireScope,
} from "@tessera/contract";
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from "fastify";
import { pino } from "pino";
import { type BuildOptions, buildApp } from "../app.ts";
import { type Config, parseConfig } from "../config.ts";
import type { Deps } from "../deps.ts";
import { createFirstAdmin } from "../features/users/first-admin.ts";
import { deriveKeys, requireKnownKeys } from "../keys.ts";
import { openChangeHub } from "../store/change-hub.ts";
import { openDatabase } from "../store/database.ts";
import type { TestDatabase, TestDatabaseKind } from "./test-databases.ts";

const adminPassword = "first-admin-pass-1";
const secretKey = "a secret key that only tests use, 32+";

export interface TestResponse<Body = unknown> {
  readonly status: number;
  readonly headers: LightMyRequestResponse["headers"];
  /** Parsed JSON, or `undefined` where there was no body. */
  readonly body: Body;
}

// biome-ignore lint/suspicious/noExplicitAny: tests look at replies as clients without types do.
type LooseBody = any;

/** Somebody who calls the server: a session, a token, or nobody. */
export interface Caller {
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
  readonly catalogue?: Catalogue;
  readonly file?: Readonly<Record<string, unknown>>;
  readonly build?: Partial<BuildOptions>;
  /** A second server process on the database of the first. */
  readonly sameDatabaseAs?: TestApp;
}

/** A whole server on a database of its own, without a port. */
export async function startApp(
  kind: TestDatabaseKind,
  options: TestAppOptions = {},
): Promise<TestApp> {
  const other = options.sameDatabaseAs?.testDatabase;
  const testDatabase = other === undefined ? await kind.open() : await openAgain(other);
  const config: Config = parseConfig(
    {
      TESSERA_ADMIN_EMAIL: "admin@example.test",
      TESSERA_ADMIN_PASSWORD: adminPassword,
      ...options.environment,
    },
    options.file,
  );
  const clock = { now: Date.now() };
  const logLines: string[] = [];
  const keys = deriveKeys(secretKey);
  const deps: Deps = {
    config,
    catalogue: options.catalogue ?? createCatalogue(config.catalogue),
    database: testDatabase.database,
    hub: await openChangeHub(testDatabase.database),
    keys,
    clock: () => clock.now,
    randomBytes,
    newId: randomUUID,
    log: pino({ level: "trace" }, { write: (line: string) => void logLines.push(line) }),
  };
  await requireKnownKeys(deps.database, keys, clock.now);
  await createFirstAdmin(deps);
  const build = { version: "0.0.0", commit: "", builtAt: "", instanceId: "test" };
  const app = await buildApp(deps, { build, webFolder: undefined, ...options.build });
  await app.ready();

  const callerWith = (authorization: string | undefined): Caller => ({
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
      const isJson = String(response.headers["content-type"] ?? "").includes("json");
      return {
        status: response.statusCode,
        headers: response.headers,
        body: response.body === "" ? undefined : isJson ? response.json() : response.body,
      } as never;
    },
  });
  const nobody = callerWith(undefined);
  const bearer = (credential: string) => callerWith(`Bearer ${credential}`);

  const signIn = async (username: string, password: string): Promise<TestUser> => {
    const issued = await nobody.call("POST", "/users/tokens/issue", { username, password });
    const { access_token: accessToken, refresh_token: refreshToken } = requireStatus(issued, 201);
    const caller = bearer(accessToken);
    const profile = requireStatus(await caller.call("GET", "/users/profile"), 200);
    return {
      ...caller,
      id: profile.id,
      username: profile.credentials.username,
      email: profile.email,
      password,
      accessToken,
      refreshToken,
    };
  };
  const admin = await signIn("admin@example.test", adminPassword);

  return {
    app,
    deps,
    testDatabase,
    admin,
    nobody,
    clock,
    logLines,
    bearer,
    signIn,
    newUser: async () => {
      const name = `u${randomUUID().slice(0, 13)}`;
      const password = `pass-${randomUUID()}`;
      requireStatus(
        await admin.call("POST", "/users", {
          first_name: "Ada",
          last_name: "Byron",
          email: `${name}@example.test`,
          credentials: { username: name, secret: password },
        }),
        201,
      );
      return signIn(name, password);
    },
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

function readScope(domainId: string, text: string) {
  const scope = parseScopeText(text);
  if (scope === undefined) throw new Error(`${text} is no scope`);
  const entityId = scope.entityType === "domains" ? domainId : scope.entityId;
  return toWireScope({ ...scope, domainId, entityId });
}

async function openAgain({ options }: TestDatabase): Promise<TestDatabase> {
  const database = await openDatabase(options);
  return { database, options, close: () => database.close() };
}

/** The body of a reply that had to have that status. */
export function requireStatus<Body>(response: TestResponse<Body>, status: number): Body {
  if (response.status === status) return response.body;
  const told = (response.body as ErrorReply | undefined)?.message ?? "";
  throw new Error(`answered ${response.status} instead of ${status}: ${told}`);
}
