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

/** A row of the table: what is measured, and what it is divided by. */
const rows = [
  ["http", "bare node:http, a constant", undefined],
  ["fastify", "bare Fastify, a constant", "http"],
  ["limit", "the limit: Fastify, SHA-256, decision in a Map", "fastify"],
  ["unguarded", "Tessera, a constant that nobody guards", "fastify"],
  ["forwardAuth", "Tessera, GET /forward-auth", "limit"],
  ["guarded", "Tessera, a constant with token and guard", "limit"],
  ["limitAuthorize", "the limit of /authorize, with the body parsed", "limit"],
  ["authorize", "Tessera, POST /authorize", "limitAuthorize"],
  ["view", "Tessera, GET /{d}/clients/{c}", "limit"],
] as const;

/**
 * Requests per second with tokens and objects in rotation, in turns. The ratio is of the processor's time for one
 * request, which a busy machine does not stretch as it does the clock's.
 */
export async function benchThroughput(): Promise<void> {
  const child = fork(join(import.meta.dirname, "server-under-load.ts"));
  const [targets] = (await once(child, "message")) as [Targets];
  const loads = new Map<string, Load[]>();
  for (const [name] of rows) await load(child, targets, name, 1);
  for (let round = 0; round < rounds; round += 1) {
    for (const [name] of rows) {
      const measured = await load(child, targets, name, secondsPerRound);
      loads.set(name, [...(loads.get(name) ?? []), measured]);
    }
  }
  child.disconnect();

  const of = (name: string): Load => ({
    perSecond: median((loads.get(name) ?? []).map(({ perSecond }) => perSecond)),
    microseconds: median((loads.get(name) ?? []).map(({ microseconds }) => microseconds)),
  });
  console.log(
    `\nRequests per second on SQLite, ${connections} connections, medians of ${rounds} rounds`,
  );
  for (const [name, title, base] of rows) {
    const { perSecond, microseconds } = of(name);
    const cpu = `${microseconds.toFixed(0).padStart(4)} µs of processor`;
    const ratio =
      base === undefined ? "" : `, ${(of(base).microseconds / microseconds).toFixed(2)} of ${base}`;
    printRow(title, perSecond, "/s", cpu + ratio, 0);
  }
}

async function load(
  child: ChildProcess,
  targets: Targets,
  name: string,
  duration: number,
): Promise<Load> {
  const target = targets[name];
  if (target === undefined) throw new Error(`there is nothing to send to ${name}`);
  const before = await cpuOf(child);
  const result = await autocannon({
    url: target.origin,
    connections,
    duration,
    requests: target.requests,
  });
  const used = (await cpuOf(child)) - before;
  if (result.non2xx > 0 || result.errors > 0) throw new Error(`${name} answered with errors`);
  return { perSecond: result.requests.average, microseconds: used / result.requests.total };
}

/** Microseconds of the processor that the process has used so far. */
async function cpuOf(child: ChildProcess): Promise<number> {
  child.send("cpu");
  const [{ user, system }] = (await once(child, "message")) as [NodeJS.CpuUsage];
  return user + system;
}
