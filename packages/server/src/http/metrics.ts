import type { FastifyInstance } from "fastify";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Decision } from "../access/decide.ts";

/** What the server counts; `/metrics` shows it in Prometheus' text format. */
export interface Metrics {
  onDecision(decision: Decision): void;
  onCacheLookup(isHit: boolean): void;
  observeRequests(app: FastifyInstance): void;
  /** At most a second old: all who read within it share one text. */
  text(): Promise<string>;
  readonly contentType: string;
  /** Lets go of what it asks: observers of the process outlive the server. */
  close(): void;
}

/** When a job was done last, in milliseconds since the epoch. */
interface JobTimes {
  readonly name: string;
  readonly lastSuccessAt: number | null;
}

const secondBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const maximumAgeMilliseconds = 1000;

/** What is still to be told to others; see the outbox. */
interface Backlog {
  readonly target: string;
  readonly waiting: number;
  readonly givenUp: number;
}

/** What the database is asked for. */
interface AskedFigures {
  readonly jobStates: () => Promise<readonly JobTimes[]>;
  readonly backlogs: () => Promise<readonly Backlog[]>;
}

/**
 * Every label has a few words: neither routes nor operations, whose product with the outcomes would be a text of a
 * megabyte. `clock`: integer milliseconds.
 */
export function createMetrics(clock: () => number, { jobStates, backlogs }: AskedFigures): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: "tessera_http_requests_total",
    help: "Requests by the class of their status",
    labelNames: ["status"],
    registers,
  });
  const durations = new Histogram({
    name: "tessera_http_request_duration_seconds",
    help: "How long requests took",
    buckets: secondBuckets,
    registers,
  });
  const decisions = new Counter({
    name: "tessera_decisions_total",
    help: "Access decisions by outcome: allowed, or the code of the refusal",
    labelNames: ["outcome"],
    registers,
  });
  const lookups = new Counter({
    name: "tessera_principal_cache_lookups_total",
    help: "Look-ups of presented credentials in the cache, by result",
    labelNames: ["result"],
    registers,
  });
  new Gauge({
    name: "tessera_job_last_success_timestamp_seconds",
    help: "When each job was done last, on whichever server; absent until it was",
    labelNames: ["job"],
    registers,
    async collect() {
      // Without the database the last known times stand: a monitor needs the rest most of all then.
      for (const { name, lastSuccessAt } of await jobStates().catch(() => [])) {
        if (lastSuccessAt !== null) this.labels(name).set(lastSuccessAt / 1000);
      }
    },
  });
  new Gauge({
    name: "tessera_outbox_events",
    help: "Events that a target has not heard, waiting or given up; at most 10,000 of a target are counted",
    labelNames: ["target", "state"],
    registers,
    async collect() {
      for (const { target, waiting, givenUp } of await backlogs().catch(() => [])) {
        this.labels(target, "waiting").set(waiting);
        this.labels(target, "given_up").set(givenUp);
      }
    },
  });
  const hits = lookups.labels("hit");
  const misses = lookups.labels("miss");
  const allowed = decisions.labels("allowed");
  const byClass = [1, 2, 3, 4, 5].map((digit) => requests.labels(`${digit}xx`));
  let shared = { madeAt: Number.NEGATIVE_INFINITY, text: Promise.resolve("") };

  return {
    onDecision: (decision) => {
      if (decision.allowed) allowed.inc();
      else decisions.labels(decision.because).inc();
    },
    onCacheLookup: (isHit) => (isHit ? hits : misses).inc(),
    observeRequests: (app) => {
      app.addHook("onResponse", (_request, reply, done) => {
        byClass[Math.floor(reply.statusCode / 100) - 1]?.inc();
        durations.observe(reply.elapsedTime / 1000);
        done();
      });
    },
    text: () => {
      const now = clock();
      if (Math.abs(now - shared.madeAt) >= maximumAgeMilliseconds) {
        shared = { madeAt: now, text: registry.metrics() };
      }
      return shared.text;
    },
    contentType: registry.contentType,
    close: () => registry.clear(),
  };
}
