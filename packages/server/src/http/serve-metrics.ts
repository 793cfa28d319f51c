import { hash, timingSafeEqual } from "node:crypto";
import { isIP } from "node:net";
import { AppError } from "@tessera/contract";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { readBearer } from "./authenticate.ts";
import type { Metrics } from "./metrics.ts";

/** What proxies add to a request that they pass on. */
const forwardingHeaders = [
  "forwarded",
  "via",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-real-ip",
];

/** Serves the figures to whoever has the token; without one, to the machine that the server runs on. */
export function serveMetrics(
  app: FastifyInstance,
  metrics: Pick<Metrics, "text" | "contentType">,
  token: string | undefined,
): void {
  const config = { openBecause: "its handler asks for a token of its own, or for this machine" };
  app.get("/metrics", { config }, async (request, reply) => {
    if (token === undefined) requireLocal(request);
    else requireToken(request, token);
    return reply.type(metrics.contentType).send(await metrics.text());
  });
}

/** A proxy on this machine is not its client: what came through one is refused, whatever it says of the client. */
function requireLocal({ raw: { headers, socket } }: FastifyRequest): void {
  const isForwarded = forwardingHeaders.some((name) => headers[name] !== undefined);
  if (!isForwarded && isLoopback(socket.remoteAddress ?? "")) return;
  throw new AppError(
    "not_local",
    "Only the machine that the server runs on may read this; others need a metrics_token",
  );
}

function requireToken(request: FastifyRequest, token: string): void {
  const digest = (text: string) => hash("sha256", text, "buffer");
  if (timingSafeEqual(digest(readBearer(request)), digest(token))) return;
  throw new AppError("unauthenticated");
}

function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:/i, "");
  return plain === "::1" || (isIP(plain) === 4 && plain.startsWith("127."));
}
