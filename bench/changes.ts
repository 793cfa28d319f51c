import { randomUUID } from "node:crypto";
import type { ChangeHub } from "../packages/server/src/changes/change-hub.ts";
import type { Database } from "../packages/server/src/store/database.ts";
import { requireStatus, startApp, type TestApp } from "../packages/server/src/testing/start-app.ts";
import {
  type TestDatabaseKind,
  testDatabases,
} from "../packages/server/src/testing/test-databases.ts";
import { openTestHub } from "../packages/server/src/testing/test-hub.ts";
import { median, printRow } from "./measure.ts";

const atOnce = 32;
const rounds = 5;
const roundMilliseconds = 2_000;
const bulkSize = 1_000;

/** What the chains of the audit trail cost a change, of one domain and of many: with and without in turns. */
export async function benchChanges(names: readonly string[]): Promise<void> {
  for (const kind of testDatabases.filter(({ name }) => names.includes(name))) await benchOn(kind);
}

async function benchOn(kind: TestDatabaseKind): Promise<void> {
  let chained: ChangeHub | undefined;
  let current: ChangeHub | undefined;
  const server = await startApp(kind, {
    environment: { TESSERA_LOG_LEVEL: "warn" },
    aroundHub: (hub) => {
      chained = hub;
      return { ...hub, change: (actor, work) => (current ?? hub).change(actor, work) };
    },
  });
  const free = await openTestHub(withoutChains(server.testDatabase.database), {
    auditKeys: { version: "", hash: () => "", sign: () => "", verifyingKeys: new Map() },
  });
  const ways = { with: chained, without: free };
  console.log(
    `\nChanges on ${kind.name}, ${atOnce} at once, ${rounds} rounds with the chains and without in turns`,
  );
  for (const [name, paths] of [
    ["tags of clients of one domain", await makeClients(server, false)],
    ["tags of clients, each of a domain of its own", await makeClients(server, true)],
  ] as const) {
    const perSecond = { with: [] as number[], without: [] as number[] };
    for (let round = 0; round < rounds; round += 1) {
      for (const way of ["with", "without"] as const) {
        current = ways[way];
        perSecond[way].push(await changesPerSecond(server, paths));
      }
    }
    const [chains, none] = [median(perSecond.with), median(perSecond.without)];
    printRow(`${name}, without`, none, "a second", "", 0);
    printRow(`${name}, with`, chains, "a second", `${(chains / none).toFixed(2)} of it`, 0);
  }
  const bulks = { with: [] as number[], without: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    for (const way of ["with", "without"] as const) {
      current = ways[way];
      bulks[way].push(await bulkMilliseconds(server));
    }
  }
  printRow(`${bulkSize} clients in one change, without`, median(bulks.without), "ms", "", 0);
  printRow(`${bulkSize} clients in one change, with`, median(bulks.with), "ms", "", 0);
  await server.close();
}

/** Numbers come from memory, nothing is locked and nothing asked. */
function withoutChains(database: Database): Database {
  // Above all that is there, whichever way wrote last.
  let seq = Date.now();
  return {
    ...database,
    chains: {
      lock: async (_trx, chains) => {
        seq += bulkSize;
        return new Map(chains.map((chain) => [chain, { seq: seq * bulkSize, hash: "" }]));
      },
      added: () => {},
    },
  };
}

/** `areApart`: each in a domain of its own. */
async function makeClients(server: TestApp, areApart: boolean): Promise<readonly string[]> {
  const paths: string[] = [];
  let domainId = await server.newDomain(server.admin);
  for (let index = 0; index < atOnce; index += 1) {
    if (areApart) domainId = await server.newDomain(server.admin);
    const created = await server.admin.call("POST", `/${domainId}/clients`, { name: "c" });
    paths.push(`/${domainId}/clients/${requireStatus(created, 201).id}`);
  }
  return paths;
}

async function changesPerSecond(server: TestApp, paths: readonly string[]): Promise<number> {
  const startedAt = performance.now();
  let changes = 0;
  const change = async (path: string) => {
    while (performance.now() < startedAt + roundMilliseconds) {
      const tags = [randomUUID()];
      requireStatus(await server.admin.call("PATCH", `${path}/tags`, { tags }), 200);
      changes += 1;
    }
  };
  await Promise.all(paths.map(change));
  return (changes * 1000) / (performance.now() - startedAt);
}

async function bulkMilliseconds(server: TestApp): Promise<number> {
  const domainId = await server.newDomain(server.admin);
  const clients = Array.from({ length: bulkSize }, (_, index) => ({ name: `c${index}` }));
  const startedAt = performance.now();
  requireStatus(await server.admin.call("POST", `/${domainId}/clients/bulk`, clients), 200);
  return performance.now() - startedAt;
}
