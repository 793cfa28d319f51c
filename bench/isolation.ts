import { setTimeout as delay } from "node:timers/promises";
import { seedDomain } from "../packages/server/src/testing/seed-domain.ts";
import { startBeside } from "./beside.ts";
import { type LoadRequest, type LoadResult, requireStatusOfAll, runLoad } from "./load.ts";
import { median } from "./measure.ts";
import { type Neighbour, neighboursOf, questionAbout, tokensInUse } from "./neighbours.ts";
import {
  type DatabaseName,
  type Filling,
  type RealServer,
  startRealServer,
} from "./real-server.ts";

const rounds = 3;
const secondsAlone = 2;
const secondsBeside = 2;
/** Four callers who ask 100 times a second each. */
const gentle = { connections: 4, everyMilliseconds: 10 } as const;
const sizes = { clients: 100_000, channels: 10_000, groups: 10_000, members: 1_000 };
const crowdedSizes = { clients: 60_000, channels: 1, groups: 30, members: 10 };
const gentleTokens = 100;

interface Waits {
  readonly p50: number;
  readonly p99: number;
}

/** How long a decision takes alone, and beside whatever somebody else does. */
export async function benchIsolation(databases: readonly DatabaseName[]): Promise<void> {
  for (const database of databases) {
    const server = await startRealServer(database, fill);
    try {
      await measure(database, server);
    } finally {
      await server.close();
    }
  }
}

async function fill({ database, ownerId, seedTokens }: Filling) {
  const startedAt = performance.now();
  const domain = await seedDomain(database, ownerId, sizes);
  const crowded = await seedDomain(database, ownerId, crowdedSizes);
  const count = tokensInUse + gentleTokens;
  const tokens = await seedTokens(domain, {
    tokens: count,
    scopes: 10,
    clients: 1000,
    told: count,
  });
  console.log(
    `\nFilled ${database.dialect} in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`,
  );
  return { domain, crowded: { ...crowded, groups: crowdedSizes.groups }, tokens };
}

type Filled = Awaited<ReturnType<typeof fill>>;

async function measure(name: DatabaseName, server: RealServer<Filled>): Promise<void> {
  const { domain, crowded, tokens } = server.filled;
  const asked = tokens
    .slice(tokensInUse)
    .flatMap((token) => [0, 3, 6].map((client) => questionAbout(token, domain.domainId, client)));
  const neighbours = neighboursOf({
    domain,
    crowded,
    tokens: tokens.slice(0, tokensInUse),
    session: server.session,
  });
  // Known tokens are what a server that has run for a while answers for.
  const all = tokens.map((token) => questionAbout(token, domain.domainId));
  await warmUp(server.url, [...all, ...asked]);

  const alone: LoadResult[] = [];
  const beside = new Map<string, { readonly asked: LoadResult; readonly theirs: LoadResult }[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, neighbour] of neighbours.entries()) {
      if (index % 3 === 0) alone.push(await askGently(server.url, asked, secondsAlone));
      const theirs = startNeighbour(server.url, turnOf(neighbour, round));
      await delay(500);
      const ours = await askGently(server.url, asked, secondsBeside);
      const done = { asked: ours, theirs: await theirs.stop() };
      beside.set(neighbour.name, [...(beside.get(neighbour.name) ?? []), done]);
    }
  }
  print(name, neighbours, waitsOf(alone), beside);
}

/** What it deletes is there only once. */
function turnOf(neighbour: Neighbour, round: number): Neighbour {
  if (!neighbour.isOnce) return neighbour;
  const share = Math.floor(neighbour.requests.length / rounds);
  return { ...neighbour, requests: neighbour.requests.slice(round * share, (round + 1) * share) };
}

async function warmUp(origin: string, requests: readonly LoadRequest[]): Promise<void> {
  const rate = 1 / 4000;
  const load = { origin, requests, connections: 4, seconds: requests.length * rate };
  requireStatusOfAll(await runLoad(load), 200);
}

async function askGently(
  origin: string,
  requests: readonly LoadRequest[],
  seconds: number,
): Promise<LoadResult> {
  return requireStatusOfAll(await runLoad({ origin, requests, seconds, ...gentle }), 200);
}

function startNeighbour(origin: string, neighbour: Neighbour) {
  const { requests, connections, everyMilliseconds } = neighbour;
  const pace = everyMilliseconds === undefined ? {} : { everyMilliseconds };
  return startBeside({ origin, requests, connections, ...pace });
}

const waitsOf = (results: readonly LoadResult[]): Waits => ({
  p50: median(results.map(({ p50Milliseconds }) => p50Milliseconds)),
  p99: median(results.map(({ p99Milliseconds }) => p99Milliseconds)),
});

function print(
  name: DatabaseName,
  neighbours: readonly Neighbour[],
  alone: Waits,
  beside: ReadonlyMap<
    string,
    readonly { readonly asked: LoadResult; readonly theirs: LoadResult }[]
  >,
): void {
  const ofNeighbour = (neighbour: string): Waits =>
    waitsOf((beside.get(neighbour) ?? []).map(({ asked }) => asked));
  console.log(
    `\nWaits for /forward-auth on ${name} in a domain of ${sizes.clients.toLocaleString("en")} clients: ${gentle.connections} callers, ${1000 / gentle.everyMilliseconds} times a second each; medians of ${rounds} rounds`,
  );
  const row = (title: string, { p50, p99 }: Waits, base: Waits | undefined, note: string) => {
    const times = ([waits, of]: readonly [number, number]) => `× ${(waits / of).toFixed(1)}`;
    const ratios =
      base === undefined
        ? ""
        : `  ${times([p50, base.p50]).padEnd(8)}${times([p99, base.p99]).padEnd(8)}`;
    console.log(
      `  ${title.padEnd(62)}p50 ${p50.toFixed(2).padStart(7)} ms  p99 ${p99.toFixed(2).padStart(7)} ms${ratios}${note}`,
    );
  };
  row("alone", alone, undefined, "");
  for (const { name: title, comparedWith } of neighbours) {
    const theirs = (beside.get(title) ?? []).map(({ theirs }) => theirs);
    const rate = median(theirs.map(({ perSecond }) => perSecond));
    const base = comparedWith === undefined ? alone : ofNeighbour(comparedWith);
    const statuses = JSON.stringify(theirs.at(-1)?.statuses);
    row(title, ofNeighbour(title), base, `  ${rate.toFixed(1)} /s of theirs ${statuses}`);
  }
}
