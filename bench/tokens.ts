import { seedDomain } from "../packages/server/src/testing/seed-domain.ts";
import { startBeside } from "./beside.ts";
import { type LoadRequest, type LoadResult, requireStatusOfAll, runLoad } from "./load.ts";
import { median } from "./measure.ts";
import { questionAbout } from "./neighbours.ts";
import {
  type DatabaseName,
  type Filling,
  type RealServer,
  startRealServer,
} from "./real-server.ts";

const few = 1_000;
/** `BENCH_TOKENS` where filling takes too long. */
const many = Number(process.env.BENCH_TOKENS ?? 1_000_000);
const scopesOfEach = 10;
const rounds = 3;
const seconds = 2;
const connections = 32;
/** That ask, in rotation, of either number. */
const asking = 500;
/** More than a server remembers, so that each request is read from the database. */
const forgotten = 40_000;
const flooding = 100_000;
const gentle = { connections: 4, everyMilliseconds: 10 } as const;
/** Of the flood, and of the valid requests that it is compared with: 2,000 a second. */
const paced = { connections: 8, everyMilliseconds: 4 } as const;

const fillWith = (tokens: number) => async (filling: Filling) => {
  const { database, ownerId, seedTokens, mintUnknown } = filling;
  const objects = { clients: 1_000, channels: 1, groups: 8, members: 1 };
  const domain = await seedDomain(database, ownerId, objects);
  const told = Math.min(tokens, forgotten);
  const sizes = { tokens, scopes: scopesOfEach, clients: objects.clients, told };
  const startedAt = performance.now();
  const asked = (await seedTokens(domain, sizes)).flatMap((token) =>
    Array.from({ length: 4 }, (_, client) => questionAbout(token, domain.domainId, client)),
  );
  const secondsToFill = (performance.now() - startedAt) / 1000;
  return { asked, secondsToFill, unknown: tokens === few ? newFlood(asked, mintUnknown) : [] };
};

/** Half of them tokens that nobody has, half of them no tokens at all. */
function newFlood([first]: readonly LoadRequest[], mintUnknown: () => string): LoadRequest[] {
  if (first === undefined) throw new Error("nobody asks");
  return Array.from({ length: flooding }, (_, index) => {
    const text = mintUnknown();
    const sent = index % 2 === 0 ? text : `${text.slice(0, -1)}${text.endsWith("x") ? "y" : "x"}`;
    return { ...first, headers: { ...first.headers, authorization: `Bearer ${sent}` } };
  });
}

type Server = RealServer<Awaited<ReturnType<ReturnType<typeof fillWith>>>>;

/** What a thousand times as many tokens change, and a flood of credentials that are none. */
export async function benchTokens(databases: readonly DatabaseName[]): Promise<void> {
  for (const name of databases) {
    let small = await startRealServer(name, fillWith(few));
    let large = await startRealServer(name, fillWith(many));
    try {
      console.log(
        `\n${many.toLocaleString("en")} tokens of ${scopesOfEach} scopes on ${name}, against ${few.toLocaleString("en")}; filled in ${large.filled.secondsToFill.toFixed(0)} s`,
      );
      const starts: { readonly few: number; readonly many: number }[] = [];
      for (let round = 0; round < rounds; round += 1) {
        small = await small.restart();
        large = await large.restart();
        starts.push({ few: small.startMilliseconds, many: large.startMilliseconds });
      }
      row(
        "start",
        median(starts.map((one) => one.few)),
        median(starts.map((one) => one.many)),
        "ms",
      );
      row("the database", await small.storedMebibytes(), await large.storedMebibytes(), "MiB");
      row("memory after the start", small.residentMebibytes(), large.residentMebibytes(), "MiB");
      await compareLoads(small, large);
      await measureFlood(small);
    } finally {
      await small.close();
      await large.close();
    }
  }
}

async function compareLoads(small: Server, large: Server): Promise<void> {
  const rotation = ({ filled: { asked } }: Server) => {
    const step = Math.max(1, Math.floor(asked.length / 4 / asking)) * 4;
    return asked.filter((_, index) => index % step < 4);
  };
  const ask = async (server: Server) =>
    requireStatusOfAll(
      await runLoad({ origin: server.url, requests: rotation(server), connections, seconds }),
      200,
    );
  await ask(small);
  await ask(large);
  const results: { readonly few: LoadResult; readonly many: LoadResult }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    results.push({ few: await ask(small), many: await ask(large) });
  }
  const of = (member: "perSecond" | "p99Milliseconds", which: "few" | "many") =>
    median(results.map((result) => result[which][member]));
  const title = `/forward-auth, ${asking} tokens in rotation`;
  row(title, of("perSecond", "few"), of("perSecond", "many"), "/s");
  row(`${title}: p99`, of("p99Milliseconds", "few"), of("p99Milliseconds", "many"), "ms");
  const { asked } = large.filled;
  const once = asked.filter((_, index) => index % 4 === 0);
  const cold = await runLoad({
    origin: large.url,
    requests: once,
    connections,
    seconds: seconds * 3,
  });
  requireStatusOfAll(cold, 200);
  row(
    `each request by another of ${forgotten.toLocaleString("en")} tokens`,
    undefined,
    cold.perSecond,
    "/s",
  );
  row("memory after that", small.residentMebibytes(), large.residentMebibytes(), "MiB");
}

async function measureFlood(server: Server): Promise<void> {
  const { url: origin, filled } = server;
  const valid = filled.asked.slice(0, asking);
  const others = filled.asked.slice(asking, asking * 4);
  const before = server.residentMebibytes();
  const askGently = async () =>
    requireStatusOfAll(await runLoad({ origin, requests: valid, ...gentle, seconds: 10 }), 200);
  const besideValid = startBeside({ origin, requests: others, ...paced });
  const beside = await askGently();
  await besideValid.stop();
  const flood = startBeside({ origin, requests: filled.unknown, ...paced });
  const flooded = await askGently();
  const { replies, statuses } = await flood.stop();
  console.log(
    `  a flood of ${replies} credentials that are none (${JSON.stringify(statuses)}), against as many valid requests of others:`,
  );
  row("waits of valid ones: p50", beside.p50Milliseconds, flooded.p50Milliseconds, "ms");
  row("waits of valid ones: p99", beside.p99Milliseconds, flooded.p99Milliseconds, "ms");
  const rest = await runLoad({ origin, requests: filled.unknown, connections: 16, seconds: 12 });
  requireStatusOfAll(rest, 401);
  row(`memory after ${replies + rest.replies} of them`, before, server.residentMebibytes(), "MiB");
}

function row(title: string, before: number | undefined, after: number, unit: string): void {
  const digits = unit === "ms" && after < 100 ? 2 : 0;
  const told = (value: number | undefined) => (value?.toFixed(digits) ?? "").padStart(9);
  const ratio = before === undefined ? "" : `   × ${(after / before).toFixed(2)}`;
  console.log(`  ${title.padEnd(58)}${told(before)} →${told(after)} ${unit}${ratio}`);
}
