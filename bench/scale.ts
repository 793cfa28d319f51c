import { seedDomain } from "../packages/server/src/testing/seed-domain.ts";
import {
  type Caller,
  requireStatus,
  startApp,
  type TestApp,
} from "../packages/server/src/testing/start-app.ts";
import {
  type TestDatabaseKind,
  testDatabases,
} from "../packages/server/src/testing/test-databases.ts";
import { callsPerSecond, printRow } from "./measure.ts";

const small = { clients: 1_000, channels: 100, groups: 96, members: 10 };
const large = { clients: 100_000, channels: 10_000, groups: 10_000, members: 1_000 };

/** How the speed of reads changes when a domain grows a hundredfold. */
export async function benchScale(): Promise<void> {
  for (const kind of testDatabases) {
    const before = await measure(kind, small);
    const after = await measure(kind, large);
    console.log(`\nCalls per second on ${kind.name}, one after the other: 1,000 → 100,000 clients`);
    for (const [name, perSecond] of before) {
      const then = after.get(name) ?? Number.NaN;
      printRow(
        name,
        then,
        "/s",
        `${(then / perSecond).toFixed(2)} of ${perSecond.toFixed(0)} /s`,
        0,
      );
    }
  }
}

async function measure(
  kind: TestDatabaseKind,
  sizes: typeof small,
): Promise<ReadonlyMap<string, number>> {
  const testApp = await startApp(kind, { environment: { TESSERA_LOG_LEVEL: "silent" } });
  const owner = await testApp.newUser();
  const { domainId, idOf } = await seedDomain(testApp.deps.database, owner.id, sizes);
  const results = new Map<string, number>();
  const callers = [
    ["administrator", owner],
    ["member", await memberOf(testApp, domainId)],
  ] as const;
  for (const [who, caller] of callers) {
    for (const [what, path] of pathsIn(domainId, idOf)) {
      if (who === "member" && !what.startsWith("list")) continue;
      const read = async () => requireStatus(await caller.call("GET", path()), 200);
      results.set(
        `${what}, by ${who === "member" ? "a member" : "the domain's administrator"}`,
        await callsPerSecond(read),
      );
    }
  }
  await testApp.close();
  return results;
}

/** Somebody who reaches one branch of groups only. */
async function memberOf(testApp: TestApp, domainId: string): Promise<Caller> {
  const member = await testApp.newUser();
  const group = "00000000-0000-4000-8000-000000000000";
  const add = async (entity: string, actions: readonly string[]) => {
    const role = { role_name: "bench", optional_actions: actions, optional_members: [member.id] };
    requireStatus(await testApp.admin.call("POST", `${entity}/roles`, role), 201);
  };
  await add(`/domains/${domainId}`, ["read"]);
  await add(`/${domainId}/groups/${group}`, [
    "read",
    "client_read",
    "subgroup_client_read",
    "subgroup_read",
  ]);
  return member;
}

function pathsIn(domainId: string, idOf: (index: number) => string) {
  let next = 0;
  const clients = `/${domainId}/clients`;
  const viewNext = () => {
    next = (next + 7) % 1_000;
    return `${clients}/${idOf(next)}`;
  };
  return [
    ["view a client", viewNext],
    ["list clients, first page", () => clients],
    ["list clients by tag (one in 100)", () => `${clients}?tags=one-in-100-7`],
    ["list clients by part of the name", () => `${clients}?name=client%2099`],
    ["hierarchy of a group", () => `/${domainId}/groups/${idOf(0)}/hierarchy`],
  ] as const;
}
