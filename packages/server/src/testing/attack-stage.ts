import {
  builtInEndpoints,
  createCatalogue,
  type Endpoint,
  type ScopeWire,
} from "@tessera/contract";
import { expect } from "vitest";
import { type PreparedRequest, prepareAccountRequest } from "./account-requests.ts";
import { watchEverything } from "./everything-stored.ts";
import { sharedOut } from "./on-every-database.ts";
import { buildWorld, requestTo, type World } from "./operation-world.ts";
import { seed } from "./seed.ts";
import { isSoak } from "./soak.ts";
import {
  type Caller,
  mailSettings,
  requireStatus,
  startApp,
  type TestApp,
  type TestAppOptions,
  type TestResponse,
} from "./start-app.ts";
import type { TestDatabaseKind } from "./test-databases.ts";

/** Every endpoint of the contract: a new row is attacked like all others. */
export const everyEndpoint: readonly Endpoint[] = builtInEndpoints;

const catalogue = createCatalogue();
const operationIds = new Set(catalogue.endpoints().map(({ id }) => id));

/** A request that succeeds when it is sent by its caller. */
export interface Prepared extends PreparedRequest {
  readonly endpoint: Endpoint;
}

/**
 * Each endpoint on one of the databases, and of these in each run every so manieth, other ones by another seed; in soak
 * all on every database.
 */
export function attackedOn<Row>(
  kind: TestDatabaseKind,
  rows: readonly Row[],
  interval = 2,
): readonly Row[] {
  const turn = seed % interval;
  return sharedOut(kind, rows).filter((_, index) => isSoak || index % interval === turn);
}

/** Prepares a request that succeeds, whatever the endpoint. */
export async function prepare(
  endpoint: Endpoint,
  world: World,
  server: TestApp,
): Promise<Prepared> {
  if (!operationIds.has(endpoint.id)) {
    return { endpoint, ...(await prepareAccountRequest(endpoint, world, server)) };
  }
  const { path, body } = requestTo(endpoint, world);
  return { endpoint, caller: world.owner, path, body };
}

/** Likewise for each of the endpoints, in their order. */
export async function prepareAll(
  endpoints: readonly Endpoint[],
  world: World,
  server: TestApp,
): Promise<readonly Prepared[]> {
  const all: Prepared[] = [];
  for (const endpoint of endpoints) all.push(await prepare(endpoint, world, server));
  return all;
}

/** One thing that is tried, in words for who reads of its failure. */
export interface Attempt {
  readonly told: string;
  send(): Promise<TestResponse>;
}

export interface Answered {
  readonly told: string;
  readonly answer: TestResponse;
}

/** A server that changes nothing by itself, and everything that it has stored. */
export interface AttackStage {
  readonly testApp: TestApp;
  readonly world: World;
  /** Sends the attempts one after the other; none may change anything, or make the server fail. */
  changeNothing(attempts: readonly Attempt[]): Promise<readonly Answered[]>;
}

export async function openAttackStage(
  kind: TestDatabaseKind,
  { environment, ...options }: TestAppOptions = {},
): Promise<AttackStage> {
  const testApp = await startApp(kind, {
    environment: { TESSERA_USAGE_FLUSH_INTERVAL: "24h", ...mailSettings, ...environment },
    ...options,
  });
  const readAll = watchEverything(testApp.deps.database);
  return {
    testApp,
    world: await buildWorld(testApp),
    changeNothing: async (attempts) => {
      const before = await readAll();
      const answered: Answered[] = [];
      for (const { told, send } of attempts) {
        const answer = await send();
        expect(answer.status, `${told}: ${answer.failure ?? ""}`).toBeLessThan(500);
        answered.push({ told, answer });
      }
      const outcomes = answered.map(({ told, answer }) => `${told}: ${answer.status}`).join("\n");
      expect(await readAll(), `one of these changed something:\n${outcomes}`).toBe(before);
      return answered;
    },
  };
}

/** Sends the request, as somebody else where that is said. */
export function send(
  { endpoint, caller, path, body, headers }: Prepared,
  as: Caller = caller,
  more: Readonly<Record<string, string>> = {},
): Promise<TestResponse> {
  return as.call(endpoint.method, path, body, { ...headers, ...more });
}

/** Every operation of the catalogue, on every object of those domains. */
export function allScopes(domainIds: readonly string[]): readonly ScopeWire[] {
  return domainIds.flatMap((domain_id) =>
    catalogue.operations().map(({ type, name }) => ({
      domain_id,
      entity_type: type,
      entity_id: type === "domains" ? domain_id : "*",
      operation: name,
    })),
  );
}

/** A token with the most that a token can have. */
export async function mightyToken(
  { testApp }: Pick<AttackStage, "testApp">,
  owner: Caller,
  domainIds: readonly string[],
): Promise<Caller> {
  const body = { name: "mighty", duration: "24h", scopes: allScopes(domainIds) };
  return testApp.bearer(requireStatus(await owner.call("POST", "/pats", body), 201).secret);
}
