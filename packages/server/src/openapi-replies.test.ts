import { randomUUID } from "node:crypto";
import { accountEndpoints, createCatalogue, type Endpoint } from "@tessera/contract";
import { Ajv2020, type AnySchema } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ApiDocument, type ApiResponse, describeApi } from "./http/reference/openapi.ts";
import { sendAccountRequest } from "./testing/account-requests.ts";
import { buildWorld, requestTo, type World } from "./testing/operation-world.ts";
import { sampled } from "./testing/soak.ts";
import { mailSettings, startApp, type TestApp, type TestResponse } from "./testing/start-app.ts";
import { testDatabases } from "./testing/test-databases.ts";

const catalogue = createCatalogue();
const endpoints: readonly Endpoint[] = [...catalogue.endpoints(), ...accountEndpoints];
const document = describeApi({
  catalogue,
  endpoints,
  version: "1.0.0",
  publicUrl: undefined,
  gatewayRoutes: [],
});
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, { operationId }]) => ({
    id: operationId,
    method: method.toUpperCase(),
    path,
  })),
);
const ofScopes = new Map(catalogue.endpoints().map((endpoint) => [endpoint.id, endpoint]));

const ajv = new Ajv2020({ strict: false, allErrors: true });
formats.default(ajv);
ajv.addSchema(closed(document) as AnySchema, "api");

describe("every documented operation", () => {
  let server: TestApp;
  /** For requests that change nothing. */
  let shared: World;

  beforeAll(async () => {
    const [kind] = testDatabases;
    if (kind === undefined) throw new Error("there is no database to test on");
    server = await startApp(kind, {
      environment: { TESSERA_SIGN_IN_FAILURES_PER_ADDRESS: "9999", ...mailSettings },
    });
    shared = await buildWorld(server);
  });
  afterAll(() => server.close());

  test.each(operations)("$id answers as it is documented", async (operation) => {
    const world = operation.method === "GET" ? shared : await buildWorld(server);
    const endpoint = ofScopes.get(operation.id);
    const answer =
      endpoint === undefined
        ? await sendAccountRequest(operation, world, server)
        : await requestTo(endpoint, world).send(world.owner);
    expect(answer.status, JSON.stringify(answer.body)).toBe(statusOf(operation.id));
    requireDocumented(operation, answer);
  });

  test.each(sampled(operations, 2))("$id refuses as it is documented", async (operation) => {
    const { method, path } = operation;
    const known = path.replaceAll(/\{\w+\}/g, () => randomUUID()) as string;
    const malformed = path.replaceAll(/\{\w+\}/g, "x") as string;
    const ask = async (address: string, body?: unknown) => {
      for (const caller of [shared.owner, server.nobody]) {
        requireDocumented(operation, await caller.call(method as "GET", address, body));
      }
    };
    await ask(known);
    await ask(malformed);
    await ask(`${known}?limit=x&limit=y`);
    if (method !== "GET") for (const body of ["{", "[]", { wrong: true }]) await ask(known, body);
  });
});

function statusOf(endpointId: string): number | undefined {
  return endpoints.find(({ id }) => id === endpointId)?.status;
}

/** That the document has the status, and that the body is what the document says of it. */
function requireDocumented(
  { method, path }: { readonly method: string; readonly path: string },
  { status, body, headers }: TestResponse,
): void {
  const name = method.toLowerCase();
  const documented = document.paths[path]?.[name]?.responses ?? {};
  const response = documented[status];
  expect(response, `${method} ${path} answers ${status}: ${JSON.stringify(body)}`).toBeDefined();
  if (response === undefined) return;
  const pointer =
    "$ref" in response
      ? response.$ref
      : `#/paths/${escapePointer(path)}/${name}/responses/${status}`;
  const { content } = "$ref" in response ? sharedResponse(response.$ref) : response;
  if (content === undefined) {
    expect(body).toBeUndefined();
    return;
  }
  expect(headers["content-type"]).toBe("application/json; charset=utf-8");
  const validate = ajv.getSchema(`api${pointer}/content/application~1json/schema`);
  expect(validate, pointer).toBeDefined();
  void validate?.(body);
  expect(validate?.errors ?? [], `${method} ${path}: ${JSON.stringify(body)}`).toEqual([]);
}

function sharedResponse(reference: string): ApiResponse {
  const found = document.components.responses[reference.split("/").at(-1) ?? ""];
  if (found === undefined) throw new Error(`${reference} leads nowhere`);
  return found;
}

const escapePointer = (key: string) =>
  encodeURIComponent(key.replaceAll("~", "~0").replaceAll("/", "~1"));

/** The document with every object closed, so that a member it does not name is found. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, part]) =>
    // What a problem's code may be is said beside the schema of all problems.
    key === "allOf" ? [key, part] : [key, closed(part)],
  );
  const object = Object.fromEntries(entries) as Partial<ApiDocument> & Record<string, unknown>;
  const isObjectSchema = object.type === "object" && object.properties !== undefined;
  return isObjectSchema ? { additionalProperties: false, ...object } : object;
}
