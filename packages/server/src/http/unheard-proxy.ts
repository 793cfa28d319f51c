import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { addressOf } from "./address-of.ts";

/**
 * Says once that a proxy is there which nobody trusts: then the address of every client is the proxy's, and what is
 * counted by address is counted of all of them together.
 */
export function tellOfUnheardProxy(app: FastifyInstance, log: Pick<Logger, "warn">): void {
  let isTold = false;
  app.addHook("onRequest", (request, _reply, done) => {
    const { headers } = request;
    const isFromProxy =
      headers["x-forwarded-for"] !== undefined || headers["x-forwarded-proto"] !== undefined;
    if (!isTold && isFromProxy && !isBelieved(request)) {
      isTold = true;
      log.warn(
        { address: request.socket.remoteAddress },
        "A request came with X-Forwarded-… headers from an address that TESSERA_TRUSTED_PROXIES does not name: they are ignored, and limits take all who come that way for one. If it is your proxy, name it there",
      );
    }
    done();
  });
}

/** The address of the peer is always there; what it passes on only where it is trusted. Most requests need one look. */
function isBelieved(request: FastifyRequest): boolean {
  return addressOf(request) !== request.socket.remoteAddress || (request.ips ?? []).length > 1;
}
