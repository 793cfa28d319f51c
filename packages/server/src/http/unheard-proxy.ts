import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";

/**
 * Says once that a proxy is there which nobody trusts: then the address of every client is the proxy's, and what is
 * counted by address is counted of all of them together.
 */
export function tellOfUnheardProxy(app: FastifyInstance, log: Pick<Logger, "warn">): void {
  let isTold = false;
  app.addHook("onRequest", (request, _reply, done) => {
    const { headers, ips, socket } = request;
    const isFromProxy =
      headers["x-forwarded-for"] !== undefined || headers["x-forwarded-proto"] !== undefined;
    // The address of the peer is always there; what it passes on only where it is trusted.
    if (!isTold && isFromProxy && (ips ?? []).length < 2) {
      isTold = true;
      log.warn(
        { address: socket.remoteAddress },
        "A request came with X-Forwarded-… headers from an address that TESSERA_TRUSTED_PROXIES does not name: they are ignored, and limits take all who come that way for one. If it is your proxy, name it there",
      );
    }
    done();
  });
}
