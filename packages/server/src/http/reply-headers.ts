import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { CompiledConditions } from "../access/compiled-conditions.ts";
import type { RateState } from "../access/question.ts";
import type { IsSecure } from "./session-cookie-names.ts";
import type { SharedAddresses } from "./shared-address.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** What the route shows when it succeeds; `data` when not said. */
    shows?: ReplyKind;
  }
}

/**
 * - `data`: what is nobody else's business; never kept.
 * - `app`: a page of the web app. `reference`: the page that describes the API.
 * - `file`: the same for everybody; the route says how long it may be kept.
 * - `feed`: what belongs to whoever has its address, who asks whether it has changed before it is shown again.
 * - `verdict`: an answer to a gateway, which may hand it on to the client of another service.
 */
type ReplyKind = "data" | "app" | "reference" | "file" | "feed" | "verdict";

type Headers = Readonly<Record<string, string>>;

/** Gives a reply the headers that its kind must have, whoever makes the reply. */
export type SetReplyHeaders = (request: FastifyRequest, reply: FastifyReply) => void;

const policy = (directives: Readonly<Record<string, string>>) =>
  Object.entries({ "default-src": "'none'", ...directives, "frame-ancestors": "'none'" })
    .map(([name, sources]) => `${name} ${sources}`)
    .join("; ");

/** What a page of ours may load: its own scripts and nothing of other hosts. Mantine sets styles in elements. */
const appPolicy = policy({
  "script-src": "'self'",
  "style-src": "'self' 'unsafe-inline'",
  "img-src": "'self' data:",
  "font-src": "'self'",
  "connect-src": "'self'",
  "manifest-src": "'self'",
  "base-uri": "'none'",
  "form-action": "'self'",
});

/** The page has no script and loads one style sheet. */
const referencePolicy = policy({
  "style-src": "'self'",
  "img-src": "data:",
  "base-uri": "'none'",
  "form-action": "'none'",
});

const forAll: Headers = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "content-security-policy": policy({}),
};
const forPages: Headers = {
  ...forAll,
  "cross-origin-opener-policy": "same-origin",
  "permissions-policy":
    "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
};
const notKept: Headers = { "cache-control": "no-store" };

const byKind: Readonly<Record<ReplyKind | "refusedVerdict", Headers>> = {
  data: { ...forAll, ...notKept },
  // Some gateways pass the whole refusal on to a browser.
  refusedVerdict: { ...forAll, ...notKept },
  // Of the answer that lets a request pass nothing but the status and headers of ours are read.
  verdict: notKept,
  file: forAll,
  feed: { ...forAll, "cache-control": "private, no-cache" },
  app: { ...forPages, "content-security-policy": appPolicy },
  reference: { ...forPages, "content-security-policy": referencePolicy },
};

/** A year, for this host only: what runs beside it on the domain is not ours to decide. */
const onlySecure: Headers = { "strict-transport-security": "max-age=31536000" };

const byKindWhenSecure: typeof byKind = {
  data: { ...byKind.data, ...onlySecure },
  // A gateway may pass it on under the name of a host that is not ours.
  refusedVerdict: byKind.refusedVerdict,
  verdict: byKind.verdict,
  file: { ...byKind.file, ...onlySecure },
  feed: { ...byKind.feed, ...onlySecure },
  app: { ...byKind.app, ...onlySecure },
  reference: { ...byKind.reference, ...onlySecure },
};

/** Of a reply that is written before there is a request, to bytes that are none. */
export function headersWithoutRequest(isSecure: boolean): Headers {
  return (isSecure ? byKindWhenSecure : byKind).data;
}

export function createSetReplyHeaders(
  isSecure: IsSecure,
  { isShared }: Pick<SharedAddresses, "isShared">,
): SetReplyHeaders {
  return (request, reply) => {
    const { shows = "data" } = request.routeOptions.config;
    const refused = shows === "verdict" ? "refusedVerdict" : "data";
    const kind = reply.statusCode >= 400 ? refused : shows;
    reply.headers((isSecure(request) ? byKindWhenSecure : byKind)[kind]);
    const { principal } = request;
    if (principal?.kind === "token") {
      reply.headers(principal.replyHeaders);
      if (principal.conditions?.rate !== undefined && request.spending?.rate !== undefined) {
        reply.headers(headersOfRate(principal.conditions.rate, request.spending.rate));
      }
    }
    // A page and data have this address: which one is answered is told by these two headers.
    if (isShared(request)) addVary(reply, "accept, authorization");
  };
}

/** Makes every reply of every route have its headers; to be called before routes are registered. */
export function setHeadersOfReplies(app: FastifyInstance, setHeaders: SetReplyHeaders): void {
  app.addHook("onSend", (request, reply, _payload, done) => {
    setHeaders(request, reply);
    done();
  });
}

/** The RateLimit fields of draft-ietf-httpapi-ratelimit-headers: of this server alone. */
function headersOfRate(
  { limit, perMilliseconds }: NonNullable<CompiledConditions["rate"]>,
  { left, fullAfterMilliseconds }: RateState,
): Headers {
  const seconds = (milliseconds: number) => Math.ceil(milliseconds / 1000);
  return {
    "ratelimit-policy": `"pat";q=${limit};w=${seconds(perMilliseconds)}`,
    ratelimit: `"pat";r=${left};t=${seconds(fullAfterMilliseconds)}`,
  };
}

function addVary(reply: FastifyReply, names: string): void {
  const present = reply.getHeader("vary");
  reply.header("vary", present === undefined ? names : `${String(present)}, ${names}`);
}
