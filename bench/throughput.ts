import { bindToCore, describeMachine } from "./cores.ts";
import { requireStatusOfAll, runLoad } from "./load.ts";
import { median } from "./measure.ts";
import { installPeers, peerVersions } from "./peers.ts";
import { type MeasuredServers, startServers } from "./targets.ts";

const rounds = 5;
const secondsPerRound = 2;
const connections = 32;

interface Row {
  readonly title: string;
  readonly servers: "bare" | "sqlite" | "postgres" | "peers";
  readonly target: string;
  /** The title of the row that it is divided by. */
  readonly base?: string;
}

const limit = "the limit: Fastify, SHA-256, decision in a Map";
const limitOfAuthorize = "the limit of /authorize, with the body parsed";
const fastify = "bare Fastify, the same reply";

const ours = (servers: "sqlite" | "postgres", name: string): readonly Row[] => [
  { title: `Tessera on ${name}: GET /forward-auth`, servers, target: "forwardAuth", base: limit },
  {
    title: `Tessera on ${name}: POST /authorize`,
    servers,
    target: "authorize",
    base: limitOfAuthorize,
  },
  {
    title: `Tessera on ${name}: a guarded constant`,
    servers,
    target: "guarded",
    base: limit,
  },
  { title: `Tessera on ${name}: GET /{d}/clients/{c}`, servers, target: "view", base: limit },
];

const rows: readonly Row[] = [
  { title: "bare node:http, the same reply", servers: "bare", target: "http" },
  { title: fastify, servers: "bare", target: "fastify", base: "bare node:http, the same reply" },
  { title: limit, servers: "bare", target: "limit", base: fastify },
  { title: limitOfAuthorize, servers: "bare", target: "limitAuthorize", base: fastify },
  ...ours("sqlite", "SQLite"),
  ...ours("postgres", "PostgreSQL"),
  { title: "Fastify + casbin in memory", servers: "peers", target: "casbin", base: limit },
  {
    title: "Fastify + Kysely on SQLite, no cache",
    servers: "peers",
    target: "kysely",
    base: limit,
  },
  {
    title: "Fastify + better-auth API keys on SQLite",
    servers: "peers",
    target: "betterAuth",
    base: limit,
  },
  { title: "Fastify + scrypt N=16384 r=8 p=1", servers: "bare", target: "scrypt", base: limit },
];

interface Measured {
  readonly perSecond: number;
  /** Of the server process, for one request. */
  readonly cpuMicroseconds: number;
  readonly p99Milliseconds: number;
}

/** Requests per second with tokens and objects in rotation, in turns. */
export async function benchThroughput(parts: readonly string[]): Promise<void> {
  const isWanted = (servers: Row["servers"]) =>
    parts.length === 0 || servers === "bare" || parts.includes(servers);
  const peers = isWanted("peers") ? installPeers() : undefined;
  const isBound = bindToCore("load");
  const started: Partial<Record<Row["servers"], MeasuredServers>> = {
    bare: await startServers("bare-servers.ts"),
    ...(isWanted("sqlite") ? { sqlite: await startServers("tessera-servers.ts", ["SQLite"]) } : {}),
    ...(isWanted("postgres")
      ? { postgres: await startServers("tessera-servers.ts", ["PostgreSQL"]) }
      : {}),
    ...(peers === undefined ? {} : { peers: await startServers("peer-servers.ts", [peers]) }),
  };
  const measured = new Map<string, Measured[]>();
  try {
    for (let round = 0; round <= rounds; round += 1) {
      for (const { title, servers, target } of rows) {
        const server = started[servers];
        if (server === undefined) continue;
        const result = await measure(server, target);
        // The first round only warms up.
        if (round > 0) measured.set(title, [...(measured.get(title) ?? []), result]);
      }
    }
  } finally {
    await Promise.all(Object.values(started).map((servers) => servers.stop()));
  }
  print(measured, isBound);
}

async function measure(servers: MeasuredServers, name: string): Promise<Measured> {
  const target = servers.targets[name];
  if (target === undefined) throw new Error(`there is nothing to send to ${name}`);
  const before = await servers.cpuMicroseconds();
  const result = await runLoad({ ...target, connections, seconds: secondsPerRound });
  const used = (await servers.cpuMicroseconds()) - before;
  requireStatusOfAll(result, 200);
  const { perSecond, p99Milliseconds, replies } = result;
  return { perSecond, p99Milliseconds, cpuMicroseconds: used / replies };
}

function print(measured: ReadonlyMap<string, readonly Measured[]>, isBound: boolean): void {
  const of = (title: string, member: keyof Measured) =>
    median((measured.get(title) ?? []).map((result) => result[member]));
  const cores = isBound ? "server and load on a core each" : "server and load on any core";
  const versions = Object.entries(peerVersions).map(([name, version]) => `${name} ${version}`);
  console.log(`\n${describeMachine()}; ${cores}; ${versions.join(", ")}`);
  console.log(
    `Requests per second, ${connections} connections, medians of ${rounds} alternating rounds of ${secondsPerRound} s; ÷ by requests, and by the processor's time for one\n`,
  );
  console.log("| | requests/s | µs of processor | p99 ms | ÷ | by requests | by processor |");
  console.log("|---|--:|--:|--:|---|--:|--:|");
  for (const { title, base } of rows) {
    if (!measured.has(title)) continue;
    const [perSecond, cpu] = [of(title, "perSecond"), of(title, "cpuMicroseconds")];
    const ratios =
      base === undefined
        ? "| | "
        : `${base.split(/[:,]/)[0]} | ${digits(perSecond / of(base, "perSecond"))} | ${digits(of(base, "cpuMicroseconds") / cpu)}`;
    console.log(
      `| ${title} | ${perSecond.toFixed(0)} | ${cpu.toFixed(0)} | ${of(title, "p99Milliseconds").toFixed(1)} | ${ratios} |`,
    );
  }
}

const digits = (ratio: number) => (ratio < 0.1 ? ratio.toFixed(4) : ratio.toFixed(2));
