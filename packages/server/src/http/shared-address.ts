import type { IncomingMessage } from "node:http";

/** Addresses that a browser may open and that are not pages of the app. */
const otherAddresses =
  /^\/(?:assets\/|docs(?:\/|$)|forward-auth(?:\/|$)|openapi\.json$|metrics$|health$|ready$|[\w-]+\.(?:js|svg)$)/;

/**
 * For `rewriteUrl` of Fastify's options: an address that a browser navigates to leads to the app's one page,
 * though the API has the same address. Programs ask for JSON, or for nothing particular, and get it.
 */
export function addressForBrowser({ method, url = "/", headers }: IncomingMessage): string {
  if (!isRead(method) || headers.authorization !== undefined) return url;
  if (headers.accept?.includes("text/html") !== true) return url;
  return isOther(url) ? url : "/";
}

/** Whether {@link addressForBrowser} chooses between two contents of the address that was asked for. */
export function isSharedAddress({
  method,
  originalUrl,
}: {
  readonly method: string;
  readonly originalUrl: string;
}): boolean {
  return isRead(method) && !isOther(originalUrl);
}

function isRead(method: string | undefined): boolean {
  return method === "GET" || method === "HEAD";
}

function isOther(url: string): boolean {
  return otherAddresses.test(url.split("?", 1)[0] ?? "");
}
