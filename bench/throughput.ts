import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import autocannon from "autocannon";
import { median, printRow } from "./measure.ts";
import type { Targets } from "./server-under-load.ts";

const rounds = 5;
const secondsPerRound = 3;
const connections = 20;

interface Load {
  readonly perSecond: number;
  /** Of the server's processor, for one request. */
  readonly microseconds: number;
}

/** Requests per second with a token, against the same without a guard and against bare servers, in turns. */
export async function benchThroughput(): Promise<void> {
  const child = fork(join(import.meta.dirname, "server-under-load.ts"));
  const [targets] = (await once(child, "message")) as [Targets];
  const loads = new Map<string, Load[]>();
  for (const url of Object.values(targets.urls)) await load(child, url, targets.authorization, 1);
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, url] of Object.entries(targets.urls)) {
      const measured = await load(child, url, targets.authorization, secondsPerRound);
      loads.set(name, [...(loads.get(name) ?? []), measured]);
    }
  }
  child.disconnect();

  const of = (name: string): Load => ({
    perSecond: median((loads.get(name) ?? []).map(({ perSecond }) => perSecond)),
    microseconds: median((loads.get(name) ?? []).map(({ microseconds }) => microseconds)),
  });
  const print = (title: string, name: string, bases: Readonly<Record<string, Load>> = {}) => {
    const { perSecond, microseconds } = of(name);
    const ratios = Object.entries(bases).map(
      ([base, { perSecond: other }]) => `${(perSecond / other).toFixed(2)} of ${base}`,
    );
    const cpu = `${microseconds.toFixed(0).padStart(4)} µs of processor`;
    printRow(title, perSecond, "/s", [cpu, ...ratios].join(", "), 0);
  };
  const [http, fastify, unguarded] = [of("http"), of("fastify"), of("unguarded")];
  console.log(
    `\nRequests per second on SQLite, ${connections} connections, medians of ${rounds} rounds`,
  );
  print("bare node:http, a constant", "http");
  print("bare Fastify, a constant", "fastify");
  print("Tessera, a constant without a guard (a)", "unguarded", { "bare Fastify": fastify });
  print("Tessera, a constant with token and guard", "guarded", {
    "(a)": unguarded,
    "bare Fastify": fastify,
  });
  print("Tessera, GET /{d}/clients/{c} with a token", "view", {
    "(a)": unguarded,
    "bare Fastify": fastify,
    "node:http": http,
  });
}

async function load(
  child: ChildProcess,
  url: string,
  authorization: string,
  duration: number,
): Promise<Load> {
  const before = await cpuOf(child);
  const result = await autocannon({ url, connections, duration, headers: { authorization } });
  const used = (await cpuOf(child)) - before;
  if (result.non2xx > 0 || result.errors > 0) throw new Error(`${url} answered with errors`);
  return { perSecond: result.requests.average, microseconds: used / result.requests.total };
}

/** Microseconds of the processor that the process has used so far. */
async function cpuOf(child: ChildProcess): Promise<number> {
  child.send("cpu");
  const [{ user, system }] = (await once(child, "message")) as [NodeJS.CpuUsage];
  return user + system;
}
