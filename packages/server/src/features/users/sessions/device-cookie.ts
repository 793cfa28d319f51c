import type {} from "@fastify/cookie";
import type { FastifyReply, FastifyRequest } from "fastify";
import { readCookie } from "../../../http/read-cookie.ts";
import { createIsSecure, sessionCookieNames } from "../../../http/session-cookie-names.ts";
import { deviceLifetimeMilliseconds } from "../passwords/known-device.ts";

/** The cookie by which a browser is known to those who have signed in with it. */
export interface DeviceCookie {
  read(request: FastifyRequest): string | undefined;
  set(request: FastifyRequest, reply: FastifyReply, value: string): void;
}

export function createDeviceCookie(publicUrl: string | undefined): DeviceCookie {
  const isSecure = createIsSecure(publicUrl);
  return {
    read: (request) => readCookie(request, sessionCookieNames(isSecure(request)).device),
    set: (request, reply, value) => {
      const secure = isSecure(request);
      reply.setCookie(sessionCookieNames(secure).device, value, {
        httpOnly: true,
        sameSite: "strict",
        secure,
        path: "/",
        maxAge: Math.floor(deviceLifetimeMilliseconds / 1000),
      });
    },
  };
}
