import type { FastifyBaseLogger, FastifyInstance } from "fastify";
import type { Logger } from "pino";
import type { Principal } from "../access/principal.ts";
import { addressOf } from "./address-of.ts";

/** One line a request: never a header, a query or a body, where secrets travel. */
export function logRequests(app: FastifyInstance, log: Pick<Logger, "isLevelEnabled">): void {
  app.addHook("onResponse", (request, reply, done) => {
    const { statusCode } = reply;
    const level = statusCode >= 500 ? "error" : statusCode >= 400 ? "info" : "debug";
    if (log.isLevelEnabled(level)) {
      const route = request.routeOptions.url ?? "unknown";
      const milliseconds = Math.round(reply.elapsedTime * 1000) / 1000;
      const { principal, method } = request;
      request.log[level](
        {
          reqId: request.id,
          method,
          route,
          status: statusCode,
          milliseconds,
          address: addressOf(request),
          ...whoOf(principal),
        },
        "request",
      );
    }
    done();
  });
}

function whoOf(principal: Principal | undefined): object {
  if (principal === undefined) return {};
  const { userId } = principal;
  return principal.kind === "token" ? { userId, tokenId: principal.tokenId } : { userId };
}

/** One logger for all requests, which few of them use: whoever does says which request it is. */
export function forAllRequests(log: Logger): FastifyBaseLogger {
  const shared: FastifyBaseLogger = Object.create(log, { child: { value: () => shared } });
  return shared;
}
