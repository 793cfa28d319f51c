import { builtInEntityTypes, createCatalogue, type EntityType, operation } from "@tessera/contract";
import { requireStatus, startApp } from "../packages/server/src/testing/start-app.ts";
import { testDatabases } from "../packages/server/src/testing/test-databases.ts";
import { client, clientBody, clientCount, pairs, response, tokenCount } from "./constant.ts";
import { offer } from "./targets.ts";

// Tessera itself, on the database that the first parameter names.

const importedAtOnce = 500;

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

const kind = testDatabases.find(({ name }) => name === process.argv[2]);
if (kind === undefined) throw new Error(`there is no database ${process.argv[2]}`);
let constant: unknown;
let isRecording = true;
const testApp = await startApp(kind, {
  environment: { TESSERA_LOG_LEVEL: "info" },
  file: { routes: [{ method: "GET", path: "/devices/{domain}/{id}", operation: "clients.view" }] },
  catalogue: createCatalogue([], types),
  build: {
    moreHandlers: {
      "clients.answer": Object.assign(() => constant, {
        revalidation: { via: "route", again: () => constant } as const,
      }),
    },
    hearUses: (counting) => ({
      allowed: (...use) => {
        if (isRecording) counting.allowed(...use);
      },
      refused: (...use) => {
        if (isRecording) counting.refused(...use);
      },
    }),
  },
  configure: (app) => {
    app.get(
      "/constant",
      { config: { openBecause: "a constant" }, schema: { response } },
      async () => constant,
    );
  },
});
const { admin } = testApp;
const domainId = await testApp.newDomain(admin);
const clientIds: string[] = [];
while (clientIds.length < clientCount) {
  const bulk = Array.from({ length: importedAtOnce }, () => clientBody);
  const made = requireStatus(await admin.call("POST", `/${domainId}/clients/bulk`, bulk), 200);
  for (const { id } of made.clients) clientIds.push(id);
}
constant = requireStatus(await admin.call("GET", `/${domainId}/clients/${clientIds[0]}`), 200);
const secrets: string[] = [];
for (let count = 0; count < tokenCount; count += 1) {
  const scopes = ["clients:view:*", "clients:answer:*"];
  secrets.push((await testApp.newToken(admin, domainId, scopes)).secret);
}
const origin = await testApp.address();

const asked = pairs(secrets, clientIds);
const get = (pathOf: (id: string) => string) => ({
  origin,
  requests: asked.map(({ headers, id }) => ({ method: "GET", path: pathOf(id), headers })),
});
offer(
  {
    unguarded: get(() => "/constant"),
    forwardAuth: {
      origin,
      requests: asked.map(({ headers, id }) => ({
        method: "GET",
        path: "/forward-auth",
        headers: {
          ...headers,
          "x-forwarded-method": "GET",
          "x-forwarded-uri": `/devices/${domainId}/${id}`,
        },
      })),
    },
    guarded: get((id) => `/${domainId}/answers/${id}`),
    authorize: {
      origin,
      requests: asked.map(({ headers, id }) => ({
        method: "POST",
        path: "/authorize",
        headers: { ...headers, "content-type": "application/json" },
        body: JSON.stringify({
          domain_id: domainId,
          entity_type: "clients",
          entity_id: id,
          operation: "view",
        }),
      })),
    },
    view: get((id) => `/${domainId}/clients/${id}`),
  },
  () => testApp.close(),
  (isWanted) => {
    isRecording = isWanted;
  },
);
