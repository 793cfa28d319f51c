import type {} from "@fastify/cookie";
import type { FastifyReply, FastifyRequest } from "fastify";
import { readCookie } from "../../../http/read-cookie.ts";
import { createIsSecure, sessionCookieNames } from "../../../http/session-cookie-names.ts";
import type { TokenPair } from "./token-pair.ts";

/** The cookies of a browser's session: scripts cannot read them, other sites' pages cannot send them. */
export interface SessionCookies {
  /** What the browser sent. */
  read(request: FastifyRequest): {
    readonly [K in "access" | "refresh"]: string | undefined;
  };
  /** Hands a browser its session. `now`: integer milliseconds since the epoch. */
  set(request: FastifyRequest, reply: FastifyReply, pair: TokenPair, now: number): void;
  clear(request: FastifyRequest, reply: FastifyReply): void;
}

const accessPath = "/";
/** The refresh token is sent to `/session` and below only, but where its name's prefix wants `/`. */
const refreshPath = (isSecure: boolean) => (isSecure ? "/" : "/session");

export function createSessionCookies(publicUrl: string | undefined): SessionCookies {
  const isSecure = createIsSecure(publicUrl);
  const describe = (request: FastifyRequest) => {
    const secure = isSecure(request);
    const attributes = { httpOnly: true, sameSite: "strict", secure } as const;
    return { attributes, names: sessionCookieNames(secure) };
  };
  return {
    read: (request) => {
      const { names } = describe(request);
      return {
        access: readCookie(request, names.access),
        refresh: readCookie(request, names.refresh),
      };
    },
    set: (request, reply, pair, now) => {
      const { names, attributes } = describe(request);
      reply.setCookie(names.access, pair.accessToken, {
        ...attributes,
        path: accessPath,
        maxAge: secondsUntil(pair.accessExpiresAt, now),
      });
      reply.setCookie(names.refresh, pair.refreshToken, {
        ...attributes,
        path: refreshPath(attributes.secure),
        maxAge: secondsUntil(pair.refreshExpiresAt, now),
      });
    },
    clear: (request, reply) => {
      const { names, attributes } = describe(request);
      reply.clearCookie(names.access, { ...attributes, path: accessPath });
      reply.clearCookie(names.refresh, { ...attributes, path: refreshPath(attributes.secure) });
    },
  };
}

function secondsUntil(at: number, now: number): number {
  return Math.max(0, Math.floor((at - now) / 1000));
}
