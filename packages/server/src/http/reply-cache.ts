import { hash } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Catalogue } from "@tessera/contract";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Allowed } from "../access/decide.ts";
import type { Principal, TokenPrincipal } from "../access/principal.ts";
import type { Question } from "../access/question.ts";
import { ownCopy } from "../own-copy.ts";
import { createRecentlyUsed, lookUp } from "../recently-used.ts";
import { addressOf } from "./address-of.ts";
import type { Revalidation } from "./endpoint-handlers.ts";
import { soonMilliseconds } from "./fresh-answer.ts";
import type { Asked, Use } from "./guard.ts";
import type { TokenUseListener } from "./token-uses.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** The route's replies may be kept; see {@link ReplyCache}. */
    revalidation?: Revalidation;
  }
  interface FastifyRequest {
    /** What the handler returned, where the reply may be kept as long as the same is there. */
    shown: unknown;
  }
}

export interface ReplyCacheDeps {
  readonly catalogue: Pick<Catalogue, "findOperation">;
  /** Who presents the credential with that hash, where that is known at once. */
  readonly peekPrincipal: (credentialKey: string) => Principal | undefined;
  /** The permission, where it is given and all that it goes by is known at once. */
  readonly allowAtOnce: (asked: Asked) => Allowed | undefined;
  /** Whether nobody has to be asked whether they may have one more view. */
  readonly areViewsFree: () => boolean;
  readonly tokenUses: Pick<TokenUseListener, "allowed">;
  /** A known token was allowed something, and its reply is given again. */
  readonly onAllowed: () => void;
  readonly onReply: (status: number, seconds: number) => void;
}

/**
 * Gives a reply again to a token that asks the same in the same words, as devices and their gateways do all day. Nothing
 * that can change is remembered: only what a request says, so that it is not read anew, and how it was answered. Who
 * asks, whether they may, and whether what was shown is still the same is found out each time, in memory, by what all
 * other requests go by. Where that is not known at once, or not as it was, the request goes the way of all others.
 */
export interface ReplyCache {
  /** Stands before all that reads requests. */
  before(answer: RequestListener): RequestListener;
  /** Keeps replies from now on; to be called before routes are registered, and after all that sets headers. */
  watch(app: FastifyInstance, deps: ReplyCacheDeps): void;
}

interface Kept {
  readonly credentialKey: string;
  /** A principal has many scopes, and may be another one a moment later: nothing but a look at it hangs on the cache. */
  readonly principal: WeakRef<TokenPrincipal>;
  readonly row: Question["row"];
  readonly circumstances: Asked["circumstances"];
  readonly uses: readonly [Use];
  readonly address: string;
  readonly again: Revalidation["again"];
  readonly shown: unknown;
  /** Name, value, name, value, as Node takes them without a copy. */
  readonly headers: string[];
  readonly text: string;
}

/** Of replies, of which longer ones count more; some thirty megabytes. */
const maximumEntries = 20_000;
const lettersOfEntry = 512;
const maximumLetters = 2048;
const maximumBodyBytes = 1024;

/** Other with each request, and read by nobody here. */
const namesOfOneRequest = new Set([
  "traceparent",
  "tracestate",
  "x-request-id",
  "x-correlation-id",
]);
const [shortestName, longestName] = [10, 16];

const keyOfRequest = Symbol("the hash of what the request says");
type HashedRequest = IncomingMessage & { [keyOfRequest]?: string };

export function createReplyCache(): ReplyCache {
  const replies = createRecentlyUsed<Kept>({
    maximumEntries,
    weightOf: ({ text }) => 1 + Math.floor(text.length / lettersOfEntry),
  });
  const isAnsweredAgain = createNotes();
  const paths = createPaths();
  let deps: ReplyCacheDeps | undefined;

  return {
    before: (answer) => (request, reply) => {
      if (deps === undefined || !paths.has(request)) answer(request, reply);
      else if (request.method !== "GET") {
        // A small body comes with its head, and has been read then.
        setImmediate(answerWithBody, deps, request, reply, answer);
      } else if (!replyAgain(deps, request, reply, "")) answer(request, reply);
    },
    watch: (app, given) => {
      app.decorateRequest("shown", undefined);
      app.addHook("onRoute", ({ method, url, config }) => {
        if (config?.revalidation === undefined) return;
        for (const each of [method].flat()) paths.add(each, url);
      });
      app.addHook("onSend", (request, reply, payload, done) => {
        keep(given.catalogue, request, reply, payload);
        done();
      });
      // Of an ending server each reply says that its connection ends.
      app.addHook("preClose", (done) => {
        deps = undefined;
        done();
      });
      deps = given;
    },
  };

  function answerWithBody(
    given: ReplyCacheDeps,
    request: IncomingMessage,
    reply: ServerResponse,
    answer: RequestListener,
  ): void {
    const { readableLength: length } = request;
    if (request.complete && !request.destroyed && length <= maximumBodyBytes) {
      // All of it: without the length only the first of its pieces would be read.
      const body: Buffer | null = length === 0 ? null : request.read(length);
      const isWhole = length === 0 || body?.length === length;
      if (isWhole && replyAgain(given, request, reply, body?.toString("latin1") ?? "")) return;
      if (body !== null) request.unshift(body);
    }
    answer(request, reply);
  }

  /** Whether the request was answered. */
  function replyAgain(
    deps: ReplyCacheDeps,
    request: IncomingMessage,
    reply: ServerResponse,
    body: string,
  ): boolean {
    const startedAt = performance.now();
    const key = keyOf(request, body);
    const kept = lookUp(replies, key);
    const principal = kept === undefined ? undefined : findPermitted(kept, deps);
    const isLate = performance.now() - startedAt > soonMilliseconds;
    if (kept === undefined || principal === undefined || isLate) {
      (request as HashedRequest)[keyOfRequest] = key;
      return false;
    }
    deps.onAllowed();
    deps.tokenUses.allowed(principal, kept.uses, kept.address);
    reply.once("finish", () => deps.onReply(200, (performance.now() - startedAt) / 1000));
    reply.writeHead(200, kept.headers);
    reply.end(kept.text);
    return true;
  }

  function keep(
    catalogue: ReplyCacheDeps["catalogue"],
    request: FastifyRequest,
    reply: FastifyReply,
    payload: unknown,
  ): void {
    const key = (request.raw as HashedRequest)[keyOfRequest];
    if (key === undefined || reply.statusCode !== 200) return;
    const text = payload ?? "";
    if (typeof text !== "string" || text.length > maximumLetters) return;
    const kept = isAnsweredAgain(key) ? keptOf(catalogue, request, reply, text) : undefined;
    if (kept !== undefined) replies.set(key, kept);
  }
}

/** Who asks, where they are who they were when the reply was kept, may have it, and would be given the same. */
function findPermitted(
  { credentialKey, principal, row, uses, circumstances, again, shown }: Kept,
  { peekPrincipal, allowAtOnce, areViewsFree }: ReplyCacheDeps,
): TokenPrincipal | undefined {
  const present = principal.deref();
  if (present === undefined || peekPrincipal(credentialKey) !== present) return undefined;
  const [{ target, scopeId }] = uses;
  if (again !== undefined) {
    const { domainId, entityId: id } = target;
    if (!areViewsFree() || again({ domainId, id }) !== shown) return undefined;
  }
  const allowed = allowAtOnce({ principal: present, row, target, circumstances });
  return allowed?.scopeId === scopeId ? present : undefined;
}

/** What is to be known of a reply that was given by one permission of one token; `undefined`: it was not. */
function keptOf(
  catalogue: ReplyCacheDeps["catalogue"],
  request: FastifyRequest,
  reply: FastifyReply,
  text: string,
): Kept | undefined {
  const { principal, credentialKey, uses = [], shown } = request;
  const { revalidation } = request.routeOptions.config;
  const [use] = uses;
  if (revalidation === undefined || use?.scopeId === undefined || uses.length > 1) return undefined;
  if (principal?.kind !== "token" || credentialKey === undefined) return undefined;
  // Of these each use is written down, or looked at.
  if (principal.conditions !== undefined || principal.awaitsFirstUse === true) return undefined;
  const row = catalogue.findOperation(use.operation);
  if (row === undefined) return undefined;
  const { via, again } = revalidation;
  const { domainId, entityType, entityId } = use.target;
  const target = { domainId: ownCopy(domainId), entityType, entityId: ownCopy(entityId) };
  const address = ownCopy(addressOf(request));
  return {
    credentialKey,
    principal: new WeakRef(principal),
    row,
    circumstances: { address, via },
    uses: [{ operation: row.id, target, scopeId: use.scopeId }],
    address,
    again,
    shown,
    headers: headersOf(reply, text),
    text,
  };
}

function headersOf(reply: FastifyReply, text: string): string[] {
  const all = { ...reply.getHeaders(), "content-length": String(Buffer.byteLength(text)) };
  return Object.entries(all).flatMap(([name, value]) => [name, String(value)]);
}

/** A hash of all that the request says and of who is at the other end, as there is a credential in it. */
function keyOf({ socket, method, url, httpVersion, rawHeaders }: IncomingMessage, body: string) {
  let said = `${socket.remoteAddress}\n${method} ${url} ${httpVersion}`;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    const mayBeOfOne = name.length >= shortestName && name.length <= longestName;
    if (mayBeOfOne && namesOfOneRequest.has(name.toLowerCase())) continue;
    said += `\n${name}:${rawHeaders[index + 1]}`;
  }
  return hash("sha256", `${said}\n\n${body}`, "base64url");
}

/**
 * Notes keys, and tells whether one was noted before: what is never asked again takes no room but that of its note, which
 * another one may take.
 */
function createNotes(): (key: string) => boolean {
  const notes = new Uint32Array(65_536);
  return (key) => {
    const note = readNumber(key, 0);
    const place = readNumber(key, 5) % notes.length;
    if (notes[place] === note) return true;
    notes[place] = note;
    return false;
  };
}

/** 30 of the bits of a hash in base64url, of which a letter has six. */
function readNumber(hashed: string, at: number): number {
  let bits = 0;
  for (let index = at; index < at + 5; index += 1) {
    bits = ((bits << 6) ^ hashed.charCodeAt(index)) >>> 0;
  }
  return bits;
}

/** Addresses of which replies may be kept; requests with a query are none. */
function createPaths() {
  const texts = new Map<string, Set<string>>();
  const patterns = new Map<string, RegExp>();
  return {
    add: (method: string, url: string): void => {
      // Of its replies the length is told as it comes.
      if (method === "HEAD") return;
      const all = (texts.get(method) ?? new Set()).add(patternOf(url));
      texts.set(method, all);
      patterns.set(method, new RegExp(`^(?:${[...all].join("|")})$`));
    },
    has: ({ method = "", url = "" }: IncomingMessage): boolean =>
      patterns.get(method)?.test(url) === true,
  };
}

function patternOf(url: string): string {
  const segments = url.split("/").map((segment) => {
    if (segment === "*") return "[^?]*";
    return segment.startsWith(":") ? "[^/?]+" : RegExp.escape(segment);
  });
  return segments.join("/");
}
