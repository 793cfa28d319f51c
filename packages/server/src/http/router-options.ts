import { parse } from "node:querystring";
import { AppError } from "@tessera/contract";
import type { FastifyInstance } from "fastify";

/** No endpoint has as many. */
export const maximumParameters = 100;

/** Stands for a query of more parameters than any endpoint has, of which nothing was read. */
export const longQuery: Readonly<Record<string, unknown>> = Object.freeze({});

/** Of Fastify's router. */
export const routerOptions = {
  ignoreTrailingSlash: true,
  maxParamLength: 200,
  querystringParser: (text: string): Record<string, unknown> =>
    text.split("&", maximumParameters + 1).length > maximumParameters
      ? longQuery
      : parse(text, undefined, undefined, { maxKeys: 0 }),
};

const changingMethods: readonly string[] = ["DELETE", "PATCH", "PUT"];

/**
 * A path that ends with a slash is that without it, but for what changes or deletes: there an id is missing at its end,
 * and all objects would be meant in place of one.
 */
export function refuseMissingIds(app: FastifyInstance): void {
  app.addHook("onRequest", ({ method, raw, routeOptions }, _reply, done) => {
    if (!changingMethods.includes(method) || !/^[^?#]+\/(?:[?#]|$)/.test(raw.url ?? "")) {
      return done();
    }
    // Below it any path is asked about, and refused in other words.
    if (routeOptions.url?.endsWith("*") === true || routeOptions.config.refusesMethods === true) {
      return done();
    }
    done(new AppError("unknown_route", "A path of what changes something has no slash at its end"));
  });
}
