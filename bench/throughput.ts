import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import autocannon from "autocannon";
import { median, printRow } from "./measure.ts";
import type { Targets } from "./server-under-load.ts";

const rounds = 5;
const secondsPerRound = 3;
const connections = 20;

/** Requests per second with a token, against the same without a guard and against bare servers, in turns. */
export async function benchThroughput(): Promise<void> {
  const child = fork(join(import.meta.dirname, "server-under-load.ts"));
  const [targets] = (await once(child, "message")) as [Targets];
  const results = new Map<string, number[]>();
  for (const url of Object.values(targets.urls)) await load(url, targets.authorization, 1);
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, url] of Object.entries(targets.urls)) {
      const perSecond = await load(url, targets.authorization, secondsPerRound);
      results.set(name, [...(results.get(name) ?? []), perSecond]);
    }
  }
  child.disconnect();
  const of = (name: string) => median(results.get(name) ?? []);
  const [view, guarded, unguarded, fastify, http] = [
    of("view"),
    of("guarded"),
    of("unguarded"),
    of("fastify"),
    of("http"),
  ];
  console.log(
    `\nRequests per second on SQLite, ${connections} connections, medians of ${rounds} rounds`,
  );
  printRow("bare node:http, a constant", http, "/s", "", 0);
  printRow("bare Fastify, a constant", fastify, "/s", "", 0);
  printRow(
    "Tessera, a constant without a guard (a)",
    unguarded,
    "/s",
    ratio(unguarded, fastify, "bare Fastify"),
    0,
  );
  printRow(
    "Tessera, a constant with token and guard",
    guarded,
    "/s",
    ratio(guarded, unguarded, "(a)"),
    0,
  );
  printRow(
    "Tessera, GET /{d}/clients/{c} with a token",
    view,
    "/s",
    `${ratio(view, unguarded, "(a)")}, ${ratio(view, fastify, "bare Fastify")}, ${ratio(view, http, "node:http")}`,
    0,
  );
}

const ratio = (value: number, base: number, name: string) =>
  `${(value / base).toFixed(2)} of ${name}`;

async function load(url: string, authorization: string, duration: number): Promise<number> {
  const result = await autocannon({ url, connections, duration, headers: { authorization } });
  if (result.non2xx > 0 || result.errors > 0) throw new Error(`${url} answered with errors`);
  return result.requests.average;
}
