import type { FastifyInstance } from "fastify";
import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { Decision } from "../access/decide.ts";
import { shareAnswer } from "./shared-answer.ts";

/** What the server counts; `/metrics` shows it in Prometheus' text format. */
export interface Metrics {
  onDecision(decision: Decision): void;
  onCacheLookup(isHit: boolean): void;
  observeRequests(app: FastifyInstance): void;
  onReply(status: number, seconds: number): void;
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

const statusClasses = ["", "1xx", "2xx", "3xx", "4xx", "5xx"];

/** How often, by a word. */
type Counts = Record<string, number>;

function countsOf(words: readonly string[]): Counts {
  return Object.fromEntries(words.map((word) => [word, 0]));
}

function countOne(counts: Counts, word: string): void {
  counts[word] = (counts[word] ?? 0) + 1;
}

/** A histogram of which an observation is two additions; in Prometheus' text format. */
function createDurations() {
  const name = "tessera_http_request_duration_seconds";
  const counts = new Array<number>(secondBuckets.length + 1).fill(0);
  let sum = 0;
  return {
    observe: (seconds: number): void => {
      let bucket = 0;
      while (bucket < secondBuckets.length && seconds > (secondBuckets[bucket] ?? 0)) bucket += 1;
      counts[bucket] = (counts[bucket] ?? 0) + 1;
      sum += seconds;
    },
    text: (): string => {
      let upTo = 0;
      const buckets = counts.map((count, index) => {
        upTo += count;
        return `${name}_bucket{le="${secondBuckets[index] ?? "+Inf"}"} ${upTo}`;
      });
      return [
        `\n# HELP ${name} How long requests took`,
        `# TYPE ${name} histogram`,
        ...buckets,
        `${name}_sum ${sum}`,
        `${name}_count ${upTo}\n`,
      ].join("\n");
    },
  };
}

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
  // Plain numbers, which cost a request nothing; the library reads them when it is asked.
  const requests = countsOf(["1xx", "2xx", "3xx", "4xx", "5xx"]);
  const decisions = countsOf(["allowed"]);
  const lookups = countsOf(["hit", "miss"]);
  const durations = createDurations();
  const counter = (name: string, help: string, label: string, counts: Counts) =>
    new Counter({
      name,
      help,
      labelNames: [label],
      registers,
      collect() {
        this.reset();
        for (const word of Object.keys(counts)) this.inc({ [label]: word }, counts[word] ?? 0);
      },
    });
  counter(
    "tessera_http_requests_total",
    "Requests by the class of their status",
    "status",
    requests,
  );
  counter(
    "tessera_decisions_total",
    "Access decisions by outcome: allowed, or the code of the refusal",
    "outcome",
    decisions,
  );
  counter(
    "tessera_principal_cache_lookups_total",
    "Look-ups of presented credentials in the cache, by result",
    "result",
    lookups,
  );
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
  const onReply = (status: number, seconds: number) => {
    countOne(requests, statusClasses[Math.floor(status / 100)] ?? "5xx");
    durations.observe(seconds);
  };
  const text = async () => (await registry.metrics()) + durations.text();

  return {
    onDecision: (decision) => countOne(decisions, decision.allowed ? "allowed" : decision.because),
    onCacheLookup: (isHit) => countOne(lookups, isHit ? "hit" : "miss"),
    observeRequests: (app) => {
      app.addHook("onResponse", (_request, reply, done) => {
        onReply(reply.statusCode, reply.elapsedTime / 1000);
        done();
      });
    },
    onReply,
    text: shareAnswer(text, maximumAgeMilliseconds, clock),
    contentType: registry.contentType,
    close: () => registry.clear(),
  };
}
