import { createHash, hash, randomBytes, randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { pathToFileURL } from "node:url";
import fastify from "fastify";
import type { Kysely as KyselyType, SqliteDialect as SqliteDialectType } from "kysely";
import { clientCount, constant, newSecret, pairs, response, tokenCount } from "./constant.ts";
import { offer } from "./targets.ts";

/*
 * What a user would pick instead, from the folder that the first parameter names. Each proves the secret and checks the
 * permission with every request, and answers the same constant. Each is set up kindly: one permission for all objects, no
 * limit of its own, and a database that waits for no disk. On node:sqlite, as better-sqlite3 would have to be built.
 */

const folder = process.argv[2] ?? "";
const { resolve } = createRequire(join(folder, "package.json"));
const load = async <Module>(name: string): Promise<Module> =>
  import(pathToFileURL(resolve(name)).href);

const data = mkdtempSync(join(tmpdir(), "tessera-bench-"));
const openSqlite = (name: string) => {
  const database = new DatabaseSync(join(data, name));
  database.exec("pragma journal_mode = wal; pragma synchronous = normal");
  return database;
};
const clientIds: readonly string[] = Array.from({ length: clientCount }, () => randomUUID());
const bearerOf = (authorization = "") => authorization.slice("Bearer ".length);

/** A server that answers the constant to whoever may, by that secret, view that object. */
async function serve(
  secrets: readonly string[],
  mayView: (secret: string, id: string) => boolean | Promise<boolean>,
) {
  const app = fastify();
  app.get<{ Params: { id: string } }>(
    "/clients/:id",
    { schema: { response } },
    async (request, reply) => {
      const isAllowed = await mayView(bearerOf(request.headers.authorization), request.params.id);
      return isAllowed ? constant : reply.code(403).send();
    },
  );
  const origin = await app.listen({ port: 0, host: "127.0.0.1" });
  const asked = pairs(secrets, clientIds);
  const requests = asked.map(({ headers, id }) => ({
    method: "GET",
    path: `/clients/${id}`,
    headers,
  }));
  return { origin, requests };
}

/** @see https://better-auth.com/docs/plugins/api-key */
interface BetterAuth {
  readonly api: {
    signUpEmail(call: {
      readonly body: object;
    }): Promise<{ readonly user: { readonly id: string } }>;
    createApiKey(call: { readonly body: object }): Promise<{ readonly key: string }>;
    verifyApiKey(call: { readonly body: object }): Promise<{ readonly valid: boolean }>;
  };
}

async function serveBetterAuth() {
  const { betterAuth } = await load<{ betterAuth(options: object): BetterAuth }>("better-auth");
  const { apiKey } = await load<{ apiKey(options: object): object }>("@better-auth/api-key");
  const { getMigrations } = await load<{
    getMigrations(options: object): Promise<{ runMigrations(): Promise<void> }>;
  }>("better-auth/db/migration");
  const options = {
    database: openSqlite("better-auth.sqlite"),
    secret: randomBytes(32).toString("hex"),
    baseURL: "http://127.0.0.1",
    emailAndPassword: { enabled: true },
    telemetry: { enabled: false },
    plugins: [apiKey({ rateLimit: { enabled: false } })],
  };
  await (await getMigrations(options)).runMigrations();
  const { api } = betterAuth(options);
  const account = { name: "Ada", email: "ada@example.test", password: "a password of the bench" };
  const { user } = await api.signUpEmail({ body: account });
  const permissions = { clients: ["view"] };
  const secrets: string[] = [];
  for (let count = 0; count < tokenCount; count += 1) {
    secrets.push((await api.createApiKey({ body: { userId: user.id, permissions } })).key);
  }
  return serve(
    secrets,
    async (key) => (await api.verifyApiKey({ body: { key, permissions } })).valid,
  );
}

interface Casbin {
  newModelFromString(text: string): unknown;
  newEnforcer(model: unknown): Promise<{
    addPolicy(...values: string[]): Promise<boolean>;
    addGroupingPolicy(...values: string[]): Promise<boolean>;
    enforceSync(...values: string[]): boolean;
  }>;
}

/** The token has a role by which all clients of the domain may be viewed. */
const casbinModel = `
[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = g(r.sub, p.sub) && keyMatch(r.obj, p.obj) && r.act == p.act
`;

async function serveCasbin() {
  const { newEnforcer, newModelFromString } = await load<Casbin>("casbin");
  const enforcer = await newEnforcer(newModelFromString(casbinModel));
  await enforcer.addPolicy("viewer", "/plant/clients/*", "view");
  const secrets = Array.from({ length: tokenCount }, newSecret);
  const subjects = new Map<string, string>();
  for (const [index, secret] of secrets.entries()) {
    subjects.set(hash("sha256", secret, "base64"), `token-${index}`);
    await enforcer.addGroupingPolicy(`token-${index}`, "viewer");
  }
  return serve(secrets, (secret, id) => {
    const subject = subjects.get(hash("sha256", secret, "base64"));
    return subject !== undefined && enforcer.enforceSync(subject, `/plant/clients/${id}`, "view");
  });
}

interface HandWritten {
  tokens: {
    id: string;
    digest: string;
    user_id: string;
    expires_at: number;
    revoked_at: number | null;
  };
  users: { id: string; status: string };
  scopes: { token_id: string; entity_id: string; operation: string };
  role_members: { role_id: string; user_id: string; domain_id: string };
  role_actions: { role_id: string; action: string };
}

/** Three queries for each request: the token with its owner, its scope, what the owner may do. */
async function serveKysely() {
  const { Kysely, SqliteDialect } = await load<{
    Kysely: typeof KyselyType;
    SqliteDialect: typeof SqliteDialectType;
  }>("kysely");
  const file = openSqlite("kysely.sqlite");
  file.exec(`
    create table users (id text primary key, status text not null);
    create table tokens (id text primary key, digest text unique not null, user_id text not null,
      expires_at integer not null, revoked_at integer);
    create table scopes (token_id text, operation text, entity_id text,
      primary key (token_id, operation, entity_id));
    create table role_members (user_id text, domain_id text, role_id text,
      primary key (user_id, domain_id, role_id));
    create table role_actions (role_id text, action text, primary key (role_id, action));
    insert into users values ('ada', 'enabled');
    insert into role_members values ('ada', 'plant', 'viewers');
    insert into role_actions values ('viewers', 'client_read');
  `);
  const digestOf = (secret: string) => createHash("sha256").update(secret).digest("hex");
  const secrets = Array.from({ length: tokenCount }, newSecret);
  for (const [index, secret] of secrets.entries()) {
    file
      .prepare("insert into tokens values (?, ?, 'ada', ?, null)")
      .run(`token-${index}`, digestOf(secret), Date.now() + 86_400_000);
    file.prepare("insert into scopes values (?, 'clients.view', '*')").run(`token-${index}`);
  }
  const prepare = (statement: string) => {
    const prepared = file.prepare(statement);
    const values = (parameters: readonly unknown[]) => parameters as SQLInputValue[];
    return {
      reader: prepared.columns().length > 0,
      all: (parameters: readonly unknown[]) => prepared.all(...values(parameters)),
      run: (parameters: readonly unknown[]) => prepared.run(...values(parameters)),
      iterate: (parameters: readonly unknown[]) => prepared.iterate(...values(parameters)),
    };
  };
  const database = new Kysely<HandWritten>({
    dialect: new SqliteDialect({ database: { prepare, close: () => file.close() } }),
  });
  return serve(secrets, async (secret, id) => {
    const token = await database
      .selectFrom("tokens")
      .innerJoin("users", "users.id", "tokens.user_id")
      .where("tokens.digest", "=", digestOf(secret))
      .where("tokens.revoked_at", "is", null)
      .where("tokens.expires_at", ">", Date.now())
      .where("users.status", "=", "enabled")
      .select(["tokens.id", "tokens.user_id"])
      .executeTakeFirst();
    if (token === undefined) return false;
    const scope = await database
      .selectFrom("scopes")
      .where("token_id", "=", token.id)
      .where("operation", "=", "clients.view")
      .where("entity_id", "in", [id, "*"])
      .select("entity_id")
      .executeTakeFirst();
    if (scope === undefined) return false;
    const right = await database
      .selectFrom("role_members")
      .innerJoin("role_actions", "role_actions.role_id", "role_members.role_id")
      .where("user_id", "=", token.user_id)
      .where("domain_id", "=", "plant")
      .where("action", "=", "client_read")
      .select("action")
      .executeTakeFirst();
    return right !== undefined;
  });
}

offer(
  {
    betterAuth: await serveBetterAuth(),
    casbin: await serveCasbin(),
    kysely: await serveKysely(),
  },
  async () => rmSync(data, { recursive: true, force: true }),
);
