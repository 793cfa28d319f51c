import type {} from "@fastify/cookie";
import type { FastifyReply, FastifyRequest } from "fastify";
import { accessCookie } from "../../http/authenticate.ts";
import type { TokenPair } from "./token-pair.ts";

/** The cookie that holds a browser's refresh token; sent to `/session` and below only. */
export const refreshCookie = "tessera_refresh";

const accessPath = "/";
const refreshPath = "/session";

/** Hands a browser its session. `now`: integer milliseconds since the epoch. */
export function setSessionCookies(
  request: FastifyRequest,
  reply: FastifyReply,
  pair: TokenPair,
  now: number,
): void {
  const attributes = attributesFor(request);
  reply.setCookie(accessCookie, pair.accessToken, {
    ...attributes,
    path: accessPath,
    maxAge: secondsUntil(pair.accessExpiresAt, now),
  });
  reply.setCookie(refreshCookie, pair.refreshToken, {
    ...attributes,
    path: refreshPath,
    maxAge: secondsUntil(pair.refreshExpiresAt, now),
  });
}

export function clearSessionCookies(request: FastifyRequest, reply: FastifyReply): void {
  const attributes = attributesFor(request);
  reply.clearCookie(accessCookie, { ...attributes, path: accessPath });
  reply.clearCookie(refreshCookie, { ...attributes, path: refreshPath });
}

function attributesFor(request: FastifyRequest) {
  return { httpOnly: true, sameSite: "strict", secure: request.protocol === "https" } as const;
}

function secondsUntil(at: number, now: number): number {
  return Math.max(0, Math.floor((at - now) / 1000));
}
