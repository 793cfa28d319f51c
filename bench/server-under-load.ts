import { hash } from "node:crypto";
import { createServer } from "node:http";
import { builtInEntityTypes, createCatalogue, type EntityType, operation } from "@tessera/contract";
import fastify from "fastify";
import { z } from "zod";
import { requireStatus, startApp } from "../packages/server/src/testing/start-app.ts";
import { openTestSqlite } from "../packages/server/src/testing/test-databases.ts";

/** What the parent process is told: what to send. */
export interface Targets {
  readonly [name: string]: {
    readonly origin: string;
    /** Sent in turn, so that no server answers for one token and one object alone. */
    readonly requests: readonly {
      readonly method: "GET" | "POST";
      readonly path: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly body?: string;
    }[];
  };
}

const tokenCount = 100;
const clientCount = 200;

const client = z.object({
  id: z.string(),
  name: z.string(),
  tags: z.array(z.string()),
  domain_id: z.string(),
  metadata: z.record(z.string(), z.unknown()),
  credentials: z.object({ identity: z.string().optional() }),
  private_metadata: z.record(z.string(), z.unknown()).optional(),
  created_at: z.string(),
  created_by: z.string().optional(),
  updated_at: z.string(),
  status: z.string(),
});
const { $schema: _, ...schema } = z.toJSONSchema(client);
const response = { 200: schema };

// One more operation that does nothing but answer, to see what the guard alone costs.
const answer = operation({
  type: "clients",
  name: "answer",
  summary: "Answer with a constant",
  action: "read",
  endpoints: [
    {
      id: "clients.answer",
      method: "GET",
      path: "/:domainId/answers/:id",
      reply: client,
      status: 200,
    },
  ],
});
const types: readonly EntityType[] = builtInEntityTypes.map((type) =>
  type.name === "clients" ? { ...type, operations: [...type.operations, answer] } : type,
);

let constant: unknown;
const testApp = await startApp(
  { name: "SQLite", open: openTestSqlite },
  {
    environment: { TESSERA_LOG_LEVEL: "info" },
    file: {
      routes: [{ method: "GET", path: "/devices/{domain}/{id}", operation: "clients.view" }],
    },
    catalogue: createCatalogue([], types),
    build: { moreHandlers: { "clients.answer": () => constant } },
    configure: (app) => {
      app.get(
        "/constant",
        { config: { openBecause: "a constant" }, schema: { response } },
        async () => constant,
      );
    },
  },
);
const { admin, app } = testApp;
const domainId = await testApp.newDomain(admin);
const body = { name: "pump", tags: ["a", "b"], metadata: { site: "north", floor: 2 } };
const bulk = Array.from({ length: clientCount }, () => body);
const made = requireStatus(await admin.call("POST", `/${domainId}/clients/bulk`, bulk), 200);
const clientIds: string[] = made.clients.map(({ id }: { readonly id: string }) => id);
constant = requireStatus(await admin.call("GET", `/${domainId}/clients/${clientIds[0]}`), 200);
const secrets: string[] = [];
for (let count = 0; count < tokenCount; count += 1) {
  const scopes = ["clients:view:*", "clients:answer:*"];
  secrets.push((await testApp.newToken(admin, domainId, scopes)).secret);
}
const tessera = await app.listen({ port: 0, host: "127.0.0.1" });

const bareFastify = fastify();
bareFastify.get("/constant", { schema: { response } }, async () => constant);
const bareAddress = await bareFastify.listen({ port: 0, host: "127.0.0.1" });

/** What a server that does nothing else could do: know the token by its SHA-256, and the decision by both. */
const decisions = new Map<string, ReadonlySet<string>>();
for (const secret of secrets) decisions.set(hash("sha256", secret, "base64"), new Set(clientIds));
const limit = fastify();
limit.get<{ Params: { id: string } }>(
  "/clients/:id",
  {
    schema: { response },
    onRequest: (request, reply, done) => {
      const secret = request.headers.authorization?.slice("Bearer ".length) ?? "";
      const reached = decisions.get(hash("sha256", secret, "base64"));
      if (reached?.has(request.params.id) === true) done();
      else reply.code(403).send();
    },
  },
  async () => constant,
);
limit.post<{ Body: { entity_id: string } }>(
  "/authorize",
  { schema: { response: { 200: { type: "object", additionalProperties: true } } } },
  async (request, reply) => {
    const secret = request.headers.authorization?.slice("Bearer ".length) ?? "";
    const reached = decisions.get(hash("sha256", secret, "base64"));
    if (reached?.has(request.body.entity_id) !== true) return reply.code(403).send();
    return { allowed: true };
  },
);
const limitAddress = await limit.listen({ port: 0, host: "127.0.0.1" });

const http = createServer((_request, reply) => {
  reply.setHeader("content-type", "application/json; charset=utf-8");
  reply.end(JSON.stringify(constant));
});
await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
const httpAddress = http.address();
const httpPort = typeof httpAddress === "object" ? httpAddress?.port : undefined;

const pairs = Array.from({ length: tokenCount * 2 }, (_, index) => ({
  headers: { authorization: `Bearer ${secrets[index % tokenCount]}` },
  id: clientIds[(index * 7) % clientCount] ?? "",
}));
const get = (origin: string, pathOf: (id: string) => string) => ({
  origin,
  requests: pairs.map(({ headers, id }) => ({ method: "GET" as const, path: pathOf(id), headers })),
});
const post = (origin: string) => ({
  origin,
  requests: pairs.map(({ headers, id }) => ({
    method: "POST" as const,
    path: "/authorize",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify({
      domain_id: domainId,
      entity_type: "clients",
      entity_id: id,
      operation: "view",
    }),
  })),
});

const targets: Targets = {
  http: get(`http://127.0.0.1:${httpPort}`, () => "/"),
  fastify: get(bareAddress, () => "/constant"),
  limit: get(limitAddress, (id) => `/clients/${id}`),
  unguarded: get(tessera, () => "/constant"),
  forwardAuth: {
    origin: tessera,
    requests: pairs.map(({ headers, id }) => ({
      method: "GET",
      path: "/forward-auth",
      headers: {
        ...headers,
        "x-forwarded-method": "GET",
        "x-forwarded-uri": `/devices/${domainId}/${id}`,
      },
    })),
  },
  guarded: get(tessera, (id) => `/${domainId}/answers/${id}`),
  limitAuthorize: post(limitAddress),
  authorize: post(tessera),
  view: get(tessera, (id) => `/${domainId}/clients/${id}`),
};
process.send?.(targets);
// Asked before and after each load: the time of the processor, which a busy machine does not stretch.
process.on("message", () => process.send?.(process.cpuUsage()));
process.once("disconnect", () => process.exit());
