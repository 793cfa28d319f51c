import {
  builtInEndpoints,
  builtInEntityTypes,
  createCatalogue,
  eventTypesOf,
} from "@tessera/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sendAccountRequest } from "./testing/account-requests.ts";
import { buildWorld, requestTo } from "./testing/operation-world.ts";
import { mailSettings, requireStatus, startApp, type TestApp } from "./testing/start-app.ts";
import { testDatabases } from "./testing/test-databases.ts";

const [kind] = testDatabases;
const catalogue = createCatalogue();
const ofScopes = new Map(catalogue.endpoints().map((endpoint) => [endpoint.id, endpoint]));
const eventTypes = eventTypesOf(builtInEntityTypes);
const changes = builtInEndpoints.filter(({ id }) => eventTypes.has(id));

let server: TestApp;

beforeAll(async () => {
  if (kind === undefined) throw new Error("there is no database to test on");
  server = await startApp(kind, { environment: mailSettings });
});
afterAll(() => server.close());

test("every kind of change is looked at", () => {
  const others = [...eventTypes.keys()].filter((name) => !changes.some(({ id }) => id === name));
  expect(others).toEqual([
    "clients.end_scopes",
    "channels.end_scopes",
    "groups.end_scopes",
    "sessions.reuse_detected",
    "sessions.new_place",
    "tokens.secret_confirmed",
    "tokens.rotation_unfinished",
    "tokens.retired_secret_used",
    "users.tokens_expiring",
    "users.purge",
    "users.reset_password_on_machine",
    "audit.export",
    "keys.rotate",
    "keys.drop",
  ]);
});

test.for(changes)("$id is recorded when it is done", async ({ id, method, path }) => {
  const world = await buildWorld(server);
  if (id === "domains.enable") {
    requireStatus(await world.owner.call("POST", `/domains/${world.domainId}/disable`), 200);
  }
  const before = await countRecorded(id);
  const endpoint = ofScopes.get(id);
  const apiPath = path.replaceAll(/:(\w+)/g, "{$1}");
  const { status } =
    endpoint === undefined
      ? await sendAccountRequest({ id, method, path: apiPath }, world, server)
      : await requestTo(endpoint, world).send(world.owner);
  expect(status).toBeLessThan(300);
  expect(await countRecorded(id)).toBeGreaterThan(before);
});

async function countRecorded(name: string): Promise<number> {
  const { read } = server.testDatabase.database;
  const rows = await read
    .selectFrom("audit_events")
    .select("id")
    .where("action", "=", name)
    .execute();
  return rows.length;
}
