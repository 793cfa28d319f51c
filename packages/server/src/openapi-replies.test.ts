import { randomUUID } from "node:crypto";
import { accountEndpoints, createCatalogue, type Endpoint } from "@tessera/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sendAccountRequest } from "./testing/account-requests.ts";
import {
  documentedOperations as operations,
  requireDocumented,
} from "./testing/documented-replies.ts";
import { buildWorld, requestTo, type World } from "./testing/operation-world.ts";
import { sampled } from "./testing/soak.ts";
import { mailSettings, startApp, type TestApp } from "./testing/start-app.ts";
import { testDatabases } from "./testing/test-databases.ts";

const catalogue = createCatalogue();
const endpoints: readonly Endpoint[] = [...catalogue.endpoints(), ...accountEndpoints];
const ofScopes = new Map(catalogue.endpoints().map((endpoint) => [endpoint.id, endpoint]));

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
