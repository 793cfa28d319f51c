import type { FastifyRequest } from "fastify";

declare module "fastify" {
  interface FastifyRequest {
    /** Once it was asked for; see {@link addressOf}. */
    knownAddress: string | undefined;
  }
}

/** What says from where a request came. */
export type Addressed = Pick<FastifyRequest, "ip"> & Partial<Pick<FastifyRequest, "knownAddress">>;

/**
 * From where the request came, as far as trusted proxies are believed. Fastify works it out each time that it is asked,
 * which takes a microsecond or two behind a proxy, and each request is asked several times.
 */
export function addressOf(request: Addressed): string {
  request.knownAddress ??= request.ip;
  return request.knownAddress;
}
