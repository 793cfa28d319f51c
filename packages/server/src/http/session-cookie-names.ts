import type { FastifyRequest } from "fastify";

/** Whether the request, or the address that people use, is https; then so must be all that follows. */
export type IsSecure = (request: Pick<FastifyRequest, "protocol">) => boolean;

/** `publicUrl`: as people reach the server, which need not trust the proxy that ends TLS. */
export function createIsSecure(publicUrl: string | undefined): IsSecure {
  const isPublicSecure = publicUrl !== undefined && new URL(publicUrl).protocol === "https:";
  return (request) => isPublicSecure || request.protocol === "https";
}

/** The names of the cookies that hold a browser's session, and by which the browser is known. */
export interface SessionCookieNames {
  readonly access: string;
  readonly refresh: string;
  readonly device: string;
}

/**
 * A browser takes a name with a prefix only over https, and `__Host-` only for this very host and the path `/`: no
 * other host of the site can plant a cookie of that name, which would put somebody into another's session.
 */
export function sessionCookieNames(isSecure: boolean): SessionCookieNames {
  return isSecure ? secureNames : plainNames;
}

const secureNames = {
  access: "__Host-tessera_access",
  refresh: "__Host-tessera_refresh",
  device: "__Host-tessera_device",
};
const plainNames = {
  access: "tessera_access",
  refresh: "tessera_refresh",
  device: "tessera_device",
};
