import { hash, timingSafeEqual } from "node:crypto";
import { isIP } from "node:net";
import { AppError } from "@tessera/contract";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { readBearer } from "./authenticate.ts";
import type { Metrics } from "./metrics.ts";
import type { SlowRefusals } from "./slow-refusals.ts";

/** What proxies add to a request that they pass on. */
const forwardingHeader =
  /^(?:forwarded|via|x-forwarded-.*|x-real-ip|x-client-ip|cf-connecting-ip)$/;
/** Whoever asks by another name comes by another way: through a proxy that adds nothing, or a page of another site. */
const localHost = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/i;

export interface MetricsAccess {
  /** The bearer that may read the figures; `undefined`: only this machine may. */
  readonly token: string | undefined;
  /** Whether a proxy is known to stand before the server: then nothing tells who is this machine. */
  readonly isBehindProxy: boolean;
}

/** Serves the figures to whoever has the token; without one, to the machine that the server runs on. Guesses wait. */
export function serveMetrics(
  app: FastifyInstance,
  metrics: Pick<Metrics, "text" | "contentType">,
  { token, isBehindProxy }: MetricsAccess,
  slowly: SlowRefusals,
): void {
  const identify = slowly(async (request) => {
    if (token === undefined) requireLocal(request, isBehindProxy);
    else requireToken(request, token);
  });
  const config = { openBecause: "its handler asks for a token of its own, or for this machine" };
  app.get("/metrics", { config }, async (request, reply) => {
    await identify(request);
    return reply.type(metrics.contentType).send(await metrics.text());
  });
}

/** A proxy on this machine is not its client: what came through one is refused, whatever it says of the client. */
function requireLocal({ raw: { headers, socket } }: FastifyRequest, isBehindProxy: boolean): void {
  const isForwarded = Object.keys(headers).some((name) => forwardingHeader.test(name));
  const isByLocalName = localHost.test(headers.host ?? "");
  const isLocal = isLoopback(socket.remoteAddress ?? "") && isByLocalName && !isForwarded;
  if (isLocal && !isBehindProxy) return;
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
