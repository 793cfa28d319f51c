import type { FastifyInstance } from "fastify";
import { Counter, collectDefaultMetrics, Histogram, Registry } from "prom-client";
import type { Decision } from "../access/decide.ts";

/** What the server counts; `/metrics` shows it in Prometheus' text format. */
export interface Metrics {
  onDecision(decision: Decision, operationId: string): void;
  onCacheLookup(isHit: boolean): void;
  observeRequests(app: FastifyInstance): void;
  text(): Promise<string>;
  readonly contentType: string;
}

const secondBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: "tessera_http_request_duration_seconds",
    help: "Requests by method, route and status",
    labelNames: ["method", "route", "status"],
    buckets: secondBuckets,
    registers,
  });
  const decisions = new Counter({
    name: "tessera_decisions_total",
    help: "Access decisions by outcome: allowed, or the code of the refusal",
    labelNames: ["operation", "outcome"],
    registers,
  });
  const lookups = new Counter({
    name: "tessera_principal_cache_lookups_total",
    help: "Look-ups of presented credentials in the cache, by result",
    labelNames: ["result"],
    registers,
  });
  const hits = lookups.labels("hit");
  const misses = lookups.labels("miss");
  const allowedByOperation = new Map<string, Counter.Internal>();

  return {
    onDecision: (decision, operation) => {
      if (!decision.allowed) return decisions.labels(operation, decision.because).inc();
      let allowed = allowedByOperation.get(operation);
      if (allowed === undefined) {
        allowed = decisions.labels(operation, "allowed");
        allowedByOperation.set(operation, allowed);
      }
      allowed.inc();
    },
    onCacheLookup: (isHit) => (isHit ? hits : misses).inc(),
    observeRequests: (app) => {
      app.addHook("onResponse", (request, reply, done) => {
        const route = request.routeOptions.url ?? "unknown";
        requests
          .labels(request.method, route, String(reply.statusCode))
          .observe(reply.elapsedTime / 1000);
        done();
      });
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
