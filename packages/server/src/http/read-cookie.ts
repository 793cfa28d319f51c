import type {} from "@fastify/cookie";
import type { FastifyRequest } from "fastify";

/** A cookie of the request. They are read where one is asked for: most requests come with a bearer. */
export function readCookie(
  { server, headers }: Pick<FastifyRequest, "server" | "headers">,
  name: string,
): string | undefined {
  return headers.cookie === undefined ? undefined : server.parseCookie(headers.cookie)[name];
}
