import { createServer } from "node:http";
import { builtInEntityTypes, createCatalogue, type EntityType, operation } from "@tessera/contract";
import fastify from "fastify";
import { z } from "zod";
import { requireStatus, startApp } from "../packages/server/src/testing/start-app.ts";
import { openTestSqlite } from "../packages/server/src/testing/test-databases.ts";

/** What the parent process is told: where to send requests. */
export interface Targets {
  readonly authorization: string;
  readonly urls: Readonly<Record<string, string>>;
}

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
      path: "/:domainId/clients/:id/answer",
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
const made = requireStatus(await admin.call("POST", `/${domainId}/clients`, body), 201);
const path = `/${domainId}/clients/${made.id}`;
constant = requireStatus(await admin.call("GET", path), 200);
const token = await testApp.newToken(admin, domainId, [
  `clients:view:${made.id}`,
  "clients:answer:*",
]);
const tessera = await app.listen({ port: 0, host: "127.0.0.1" });

const bareFastify = fastify();
bareFastify.get("/constant", { schema: { response } }, async () => constant);
const bareAddress = await bareFastify.listen({ port: 0, host: "127.0.0.1" });

const http = createServer((_request, reply) => {
  reply.setHeader("content-type", "application/json; charset=utf-8");
  reply.end(JSON.stringify(constant));
});
await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
const httpAddress = http.address();
const httpPort = typeof httpAddress === "object" ? httpAddress?.port : undefined;

const targets: Targets = {
  authorization: `Bearer ${token.secret}`,
  urls: {
    view: tessera + path,
    guarded: `${tessera + path}/answer`,
    unguarded: `${tessera}/constant`,
    fastify: `${bareAddress}/constant`,
    http: `http://127.0.0.1:${httpPort}/`,
  },
};
process.send?.(targets);
// Asked before and after each load: the time of the processor, which a busy machine does not stretch.
process.on("message", () => process.send?.(process.cpuUsage()));
process.once("disconnect", () => process.exit());
