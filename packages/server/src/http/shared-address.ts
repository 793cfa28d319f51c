import type { IncomingMessage } from "node:http";
import type { FastifyContextConfig, FastifyInstance, FastifyRequest } from "fastify";

type AskedAddress = Pick<FastifyRequest, "method" | "originalUrl" | "routeOptions">;

/** Which addresses lead a browser to the web app's one page, though the API may have the same address. */
export interface SharedAddresses {
  /**
   * For `rewriteUrl` of Fastify's options: where a browser navigates to. Programs ask for JSON, or for nothing
   * particular, and get it.
   */
  addressForBrowser(request: IncomingMessage): string;
  /** Whether {@link addressForBrowser} chooses between two contents of the address that was asked for. */
  isShared(request: AskedAddress): boolean;
  /** Learns from every route; to be called before routes are registered. */
  watch(app: FastifyInstance): void;
}

/**
 * The page is at every address but those of routes that say something to anyone: no page of the app is there. Where no app
 * is served, all addresses are the API's.
 */
export function createSharedAddresses(): SharedAddresses {
  const exact = new Set<string>();
  const patterns: RegExp[] = [];
  let hasApp = false;
  const isOther = (url: string): boolean => {
    const path = withoutEnd(url.split("?", 1)[0] ?? "");
    return exact.has(path) || patterns.some((pattern) => pattern.test(path));
  };
  return {
    addressForBrowser: ({ method, url = "/", headers }) => {
      if (!hasApp || !isRead(method) || headers.authorization !== undefined) return url;
      if (headers.accept?.includes("text/html") !== true) return url;
      return isOther(url) ? url : "/";
    },
    isShared: ({ method, originalUrl, routeOptions: { url, config } }) => {
      if (!hasApp || !isRead(method)) return false;
      // What a route says of itself takes less time than to look for its address.
      return url === undefined || config.shows === "app"
        ? !isOther(originalUrl)
        : !isForAnyone(config);
    },
    watch: (app) => {
      app.addHook("onRoute", ({ method, url, config }) => {
        if (config?.shows === "app") hasApp = true;
        if (![method].flat().some(isRead) || !isForAnyone(config)) return;
        if (/[:*]/.test(url)) patterns.push(patternOf(url));
        else exact.add(withoutEnd(url));
      });
    },
  };
}

function isForAnyone(config: FastifyContextConfig = {}): boolean {
  const { endpoint, openBecause, shows, refusesMethods } = config;
  // Where the API reads nothing a page may be: what a mail leads to is at the address that its form is sent to.
  if (refusesMethods === true) return false;
  if (endpoint !== undefined) return endpoint.access.kind === "anyone";
  return openBecause !== undefined && shows !== "app";
}

function patternOf(url: string): RegExp {
  const segments = url.split("/").map((segment) => {
    if (segment === "*") return ".*";
    return segment.startsWith(":") ? "[^/]+" : RegExp.escape(segment);
  });
  return new RegExp(`^${segments.join("/")}$`);
}

/** The router ignores a slash at the end. */
function withoutEnd(path: string): string {
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}

function isRead(method: string | undefined): boolean {
  return method === "GET" || method === "HEAD";
}
