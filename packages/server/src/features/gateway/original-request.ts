import type { FastifyRequest } from "fastify";

/** The request that a gateway asks about. */
export interface OriginalRequest {
  readonly method: string;
  /** Path and query, as the request line had them. */
  readonly target: string;
  /** Whether the connection is to become a websocket. */
  readonly opensWebSocket: boolean;
}

/** Where gateways ask. */
export const forwardAuthPath = "/forward-auth";

const methodHeaders = ["x-original-method", "x-forwarded-method"];
const targetHeaders = ["x-original-uri", "x-forwarded-uri"];

/**
 * What the gateway says of the original request: nginx in `X-Original-Method` and `X-Original-URI`, Traefik and Caddy
 * in `X-Forwarded-Method` and `X-Forwarded-Uri`, Envoy by asking with the original method and the original path behind
 * {@link forwardAuthPath}. A client may have added to these: what is said twice, or in two ways, is no answer.
 */
export function readOriginalRequest({
  method: ownMethod,
  headers,
  raw: { rawHeaders, url = "" },
}: Pick<FastifyRequest, "method" | "headers" | "raw">):
  | OriginalRequest
  | "no_rule"
  | "ambiguous_request" {
  const methods = headerValues(rawHeaders, methodHeaders);
  const targets = headerValues(rawHeaders, targetHeaders);
  if (methods === undefined || targets === undefined) return "ambiguous_request";
  const upgrade = upgradeOf(headers);
  if (upgrade === "tunnel") return "ambiguous_request";
  const suffix = suffixOf(url);
  if (suffix === undefined) return "ambiguous_request";
  if (suffix.startsWith("/") && (suffix !== "/" || targets.length === 0)) {
    methods.push(ownMethod);
    targets.push(suffix);
  }
  const [method] = methods;
  const [target] = targets;
  if (method === undefined || target === undefined) return "no_rule";
  const isOneAnswer =
    methods.length === targets.length &&
    methods.every((other) => other === method) &&
    targets.every((other) => other === target);
  const opensWebSocket = upgrade === "websocket";
  return isOneAnswer ? { method, target, opensWebSocket } : "ambiguous_request";
}

/** Of RFC 6455 and, the last two, of a draft before it. */
const webSocketHeaders = [
  "sec-websocket-key",
  "sec-websocket-version",
  "sec-websocket-key1",
  "sec-websocket-key2",
] as const;

/**
 * What the connection is to become. `tunnel`: HTTP/2 above all, in which any further request would reach the service
 * unasked. Some gateways keep `Upgrade` from their question and yet hand it on: of a websocket its key or version is seen then, of
 * HTTP/2 its settings. nginx hands on no upgrade, but these settings, which then mean nothing.
 */
function upgradeOf(headers: FastifyRequest["headers"]): "none" | "websocket" | "tunnel" {
  const { upgrade } = headers;
  // Of several Node makes one text, which is none of these then.
  if (upgrade !== undefined) return upgrade.toLowerCase() === "websocket" ? "websocket" : "tunnel";
  if (headers["http2-settings"] !== undefined && headers["x-forwarded-uri"] !== undefined) {
    return "tunnel";
  }
  return webSocketHeaders.some((name) => headers[name] !== undefined) ? "websocket" : "none";
}

/**
 * What stands behind {@link forwardAuthPath}; `undefined` where the request line does not begin so, letter for letter:
 * in absolute form, or encoded, it comes here all the same, and hides a path that says something else.
 */
function suffixOf(url: string): string | undefined {
  if (!url.startsWith(forwardAuthPath)) return undefined;
  const suffix = url.slice(forwardAuthPath.length);
  return suffix === "" || suffix.startsWith("/") || suffix.startsWith("?") ? suffix : undefined;
}

/** The values of the headers that are there; `undefined` where one of them is there twice. */
function headerValues(
  rawHeaders: readonly string[],
  names: readonly string[],
): string[] | undefined {
  const found = new Map<string, string>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase() ?? "";
    if (!names.includes(name)) continue;
    if (found.has(name)) return undefined;
    found.set(name, rawHeaders[index + 1] ?? "");
  }
  return [...found.values()];
}
