import { Readable } from "node:stream";
import { AppError, bodyLimitBytes, type Catalogue, type Endpoint } from "@tessera/contract";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { decideNothing, type Standing } from "../access/actor.ts";
import type { ChangeKey } from "../access/change-key.ts";
import type { Principal } from "../access/principal.ts";
import type { Spending } from "../access/question.ts";
import type { Takings } from "../access/takings.ts";
import { addressOf } from "./address-of.ts";
import { createAddressShare } from "./address-share.ts";
import type { Authenticate } from "./authenticate.ts";
import type { AnyHandler, Call } from "./endpoint-handlers.ts";
import type { Efforts, FairShares } from "./fair-shares.ts";
import { answerFreshly, freshnessOf } from "./fresh-answer.ts";
import {
  asksConditions,
  countingRefusals,
  createGuard,
  type Facts,
  type GuardedRequest,
  noUses,
  type Use,
} from "./guard.ts";
import { kindOfWork } from "./kind-of-work.ts";
import { andThen, type MaybePromise } from "./maybe-promise.ts";
import { createBodyParser } from "./parse-body.ts";
import { createPathCheck } from "./path-parameters.ts";
import { createQueryParser, requirePlainQuery } from "./query-values.ts";
import { createListWriter, createReplyWriter } from "./reply-writer.ts";
import { type SpendUse, spendOnce } from "./spend-use.ts";
import { isTakenAway } from "./taken-away.ts";
import { hearOf, type SessionListener, type TokenUseListener } from "./token-uses.ts";
import { maximumValuesOf } from "./values-of-schema.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** The row that the route was bound from, and with it its guard. */
    endpoint?: Endpoint;
    /** Why a route that no row describes may be called by anyone. */
    openBecause?: string;
  }
  interface FastifyRequest {
    principal: Principal | undefined;
    /** On a row for services: the one that calls. */
    service: string | undefined;
    /** What let the request through, once something has. */
    uses: readonly Use[] | undefined;
    /** What came of counting it as a use of a token whose uses are limited. */
    spending: Spending | undefined;
    /** When the deciding began, by `performance.now()`. */
    decidingSince: number;
    /** What had been taken away when it was last decided; see {@link Takings}. */
    takenBefore: number;
    /** To be called once, when the answer is given that was made last: what it says was used. */
    hearOfAnswer: (() => void) | undefined;
  }
}

export interface BindDeps {
  readonly catalogue: Catalogue;
  readonly authenticate: Authenticate;
  /** Likewise, where holding a token is enough, whatever state it is in. */
  readonly authenticateHolder: Authenticate;
  readonly identifyService: (request: FastifyRequest) => string | Promise<string>;
  /** What is true now. */
  readonly facts: Facts;
  /** What is true inside one transaction of the database, which this layer only hands on. */
  readonly groundOf: (transaction: unknown) => Ground;
  readonly shares: FairShares;
  readonly listTimeoutMilliseconds: number;
  readonly tokenUses: TokenUseListener & SessionListener;
  readonly spendUse: SpendUse;
  readonly takings: Takings;
}

/** What a decision inside a transaction stands on. */
export interface Ground {
  readonly facts: Facts;
  /** The principal as it is now; throws 401 where it is nobody any more. */
  identifyAgain(principal: Principal): Promise<Principal>;
  /** Likewise, where holding a token is enough, whatever state it is in. */
  identifyHolderAgain(principal: Principal): Promise<Principal>;
  /** Reads what the decision about anything in the domain will ask for, where the database takes a question ahead. */
  readAhead(userId: string, domainId: string): Promise<void>;
  /** Whose facts were asked for so far; see {@link Standing}. */
  reliedOn(): readonly ChangeKey[];
}

/** Refuses to register any route that neither comes from a row nor says why it is open. */
export function demandGuards(app: FastifyInstance): void {
  app.decorateRequest("principal", undefined);
  app.decorateRequest("credentialKey", undefined);
  app.decorateRequest("knownAddress", undefined);
  app.decorateRequest("service", undefined);
  app.decorateRequest("uses", undefined);
  app.decorateRequest("spending", undefined);
  app.decorateRequest("decidingSince", 0);
  app.decorateRequest("takenBefore", 0);
  app.decorateRequest("hearOfAnswer", undefined);
  app.addHook("onRoute", ({ method, url, config }) => {
    if (config?.endpoint === undefined && config?.openBecause === undefined) {
      throw new Error(`the route ${String(method)} ${url} has no guard`);
    }
  });
}

/** Registers the route of a row with the guard that the row demands. */
export function bindEndpoint(
  app: FastifyInstance,
  endpoint: Endpoint,
  handler: AnyHandler,
  deps: BindDeps,
): void {
  const guard = createGuard(endpoint, deps.catalogue);
  const { access } = endpoint;
  const isForHolders = access.kind === "token_self" && access.evenIfUseless === true;
  const checkPath = createPathCheck(endpoint);
  // Whoever is let through here is asked again and counted then.
  const earlyFacts = countingRefusals(deps.facts);
  const isInDomain =
    (access.kind === "operation" || access.kind === "role_action") &&
    endpoint.path.includes(":domainId");
  const readBody = endpoint.body === undefined ? undefined : createBodyParser(endpoint.body);
  const parseQuery = createQueryParser(endpoint.query);

  // What changes something is decided in its transaction: whatever stands still, it comes before or after.
  const kind = kindOfWork(endpoint);
  const shares = deps.shares.of(endpoint);
  const freshness =
    guard !== undefined && (kind === "list" || kind === "by_key")
      ? freshnessOf(kind, deps)
      : undefined;

  const requireWellAsked = (request: FastifyRequest): void => {
    checkPath(request.params as Record<string, string>);
    requirePlainQuery(request.query as Record<string, unknown>);
  };

  const requireAddressShare = createAddressShare(endpoint.access, deps.facts.clock);

  const authenticate = (request: FastifyRequest): void | Promise<void> => {
    if (endpoint.access.kind === "service") return identifyService(request);
    if (guard === undefined) return;
    const principal = isForHolders ? deps.authenticateHolder(request) : deps.authenticate(request);
    const keep = (found: Principal) => {
      request.principal = found;
    };
    return principal instanceof Promise ? principal.then(keep) : keep(principal);
  };

  const identifyService = (request: FastifyRequest): void | Promise<void> =>
    andThen(deps.identifyService(request), (name) => {
      request.service = name;
    });

  const check = (request: FastifyRequest, facts: Facts): MaybePromise<readonly Use[]> => {
    if (guard === undefined) return noUses;
    return guard.check(guarded(request), facts);
  };

  /** Spares whoever will be refused the sending of a body; nothing is allowed here. */
  const refuseEarly = (request: FastifyRequest): void | Promise<void> => {
    if (!isBodyComing(request)) return;
    return andThen(authenticate(request), () => {
      requireWellAsked(request);
      shares.takeBody(request);
      if (guard?.needsBody !== false || guard.isDear === true) return;
      return andThen(check(request, earlyFacts), () => {});
    });
  };

  /** The decision, now that all of the request is there; a change decides once more in its transaction. */
  const admit = (request: FastifyRequest): void | Promise<void> => {
    request.decidingSince = performance.now();
    request.takenBefore = deps.takings.now();
    return andThen(authenticate(request), () => {
      shares.take(request);
      requireAddressShare(request);
      requireWellAsked(request);
      // Before the guard: it reads the names that the handler reads.
      const parsed = guard?.needsBody === true ? parseBody(request) : undefined;
      return andThen(parsed, () => andThen(spendOn(request), () => checkAdmitted(request)));
    });
  };

  const isSpending = guard !== undefined && asksConditions(endpoint);

  const spendOn = (request: FastifyRequest): void | Promise<void> => {
    const { principal } = request;
    if (!isSpending || principal?.kind !== "token") return;
    return andThen(spendOnce(request, principal, deps.spendUse), () => {
      // Its transaction has looked at the token itself, and ended the secret before this one.
      if (principal.awaitsFirstUse === true) request.takenBefore = deps.takings.now();
    });
  };

  const checkAdmitted = (request: FastifyRequest): void | Promise<void> =>
    andThen(checkCounted(request), (uses) => {
      request.uses = uses;
      return guard?.needsBody === true ? undefined : parseBody(request);
    });

  /** Many objects that are named are looked at before one of them is refused. */
  const checkCounted = (request: FastifyRequest): MaybePromise<readonly Use[]> => {
    const refuse = (error: unknown): never => {
      shares.countRefused(request);
      throw error;
    };
    try {
      const checked = check(request, deps.facts);
      return checked instanceof Promise ? checked.catch(refuse) : checked;
    } catch (error) {
      return refuse(error);
    }
  };

  /** Returns whether the caller has the same rights of their own as before. */
  const admitAgain = async (request: FastifyRequest): Promise<boolean> => {
    const { principal } = request;
    request.takenBefore = deps.takings.now();
    await authenticate(request);
    await check(request, deps.facts);
    return request.principal === principal;
  };

  const decideAgain = async (request: FastifyRequest, transaction: unknown): Promise<Standing> => {
    const { principal } = request;
    if (guard === undefined || principal === undefined) return decideNothing();
    const ground = deps.groundOf(transaction);
    // Side by side: each way to the database takes longer than what is read.
    const [present] = await Promise.all([
      isForHolders ? ground.identifyHolderAgain(principal) : ground.identifyAgain(principal),
      isInDomain ? ground.readAhead(principal.userId, domainOf(request)) : undefined,
    ]);
    await guard.check({ ...guarded(request), principal: present }, ground.facts);
    return { principal: present, reliesOn: ground.reliedOn() };
  };

  const hearOfEnd = (request: FastifyRequest, error?: unknown): void =>
    hearOf(request, endpoint.id, deps.tokenUses, error);

  const parseBody = (request: FastifyRequest): void | Promise<void> => {
    if (readBody === undefined) return;
    return andThen(readBody(request.body), (body) => {
      request.body = body;
    });
  };

  const answer = (request: FastifyRequest, reply: FastifyReply): unknown => {
    const call = {
      params: request.params,
      query: parseQuery(request.query as Readonly<Record<string, unknown>>),
      body: request.body,
      principal: request.principal,
      service: request.service,
      actor: {
        principal: request.principal,
        address: addressOf(request),
        requestId: request.id,
        decideAgain: (transaction: unknown) => decideAgain(request, transaction),
      },
      request,
      reply,
    } as unknown as Omit<Call<Endpoint>, keyof Efforts>;
    return shares.run(request, (efforts) => handler({ ...call, ...efforts }));
  };

  // Views are kept with their text.
  const writeList =
    endpoint.reply !== undefined && kind !== "by_key"
      ? createListWriter(endpoint.reply)
      : undefined;

  /** Without a promise where the handler needs none. */
  const answerHeard = (request: FastifyRequest, reply: FastifyReply): unknown => {
    const finish = (result: unknown): unknown => {
      request.hearOfAnswer?.();
      hearOfEnd(request);
      request.shown = result;
      reply.code(endpoint.status);
      return endpoint.reply === undefined ? undefined : result;
    };
    const finishLater = async (result: unknown): Promise<unknown> => {
      const body = finish(result);
      if (endpoint.reply === undefined) return reply.send();
      // Of a type that the handler has said.
      if (body instanceof Readable) return reply.send(body);
      if (writeList === undefined) return body;
      return reply.type("application/json; charset=utf-8").send(await writeList(body));
    };
    const fail = (error: unknown): never => {
      hearOfEnd(request, error);
      throw error;
    };
    let result: unknown;
    try {
      const answerNow = () => answer(request, reply);
      result =
        freshness === undefined
          ? answerNow()
          : answerFreshly({
              freshness,
              startedAt: request.decidingSince,
              answer: answerNow,
              decideAgain: () => admitAgain(request),
              isTakenAway: () => isTakenAway(request, deps.takings, pathDomain(request)),
            });
    } catch (error) {
      return fail(error);
    }
    if (result instanceof Promise) return result.then(finishLater, fail);
    // Nothing is returned: a reply that is returned is waited for like a promise.
    reply.send(finish(result));
    return undefined;
  };

  app.route({
    method: endpoint.method,
    url: endpoint.path,
    config: {
      endpoint,
      ...(handler.revalidation === undefined ? {} : { revalidation: handler.revalidation }),
      ...(endpoint.body === undefined ? {} : { maximumValues: maximumValuesOf(endpoint.body) }),
    },
    bodyLimit: bodyLimitBytes(endpoint),
    ...writingOf(endpoint),
    onRequest: (request, _reply, done) => settle(refuseEarly, hearOfEnd, request, done),
    preHandler: (request, _reply, done) => settle(admit, hearOfEnd, request, done),
    handler: answerHeard,
  });
}

/** Of what the guard decides; a handler that decides about others asks again itself. */
function pathDomain({ params }: FastifyRequest): readonly string[] {
  const { domainId } = params as { readonly domainId?: string };
  return domainId === undefined ? [] : [domainId];
}

function domainOf({ params }: FastifyRequest): string {
  return (params as Readonly<Record<string, string>>).domainId ?? "";
}

function guarded(request: FastifyRequest): GuardedRequest {
  const { principal, spending, body } = request;
  if (principal === undefined) throw new AppError("unauthenticated");
  const params = request.params as Record<string, string>;
  return { principal, address: addressOf(request), spending, params, body };
}

/** RFC 9112, section 6.3; Fastify reads no body with GET and HEAD. */
function isBodyComing({ method, headers }: FastifyRequest): boolean {
  if (method === "GET" || method === "HEAD") return false;
  return headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";
}

/** Runs a hook without a promise where none is needed; `hear` is told of its failure. */
function settle(
  run: (request: FastifyRequest) => void | Promise<void>,
  hear: (request: FastifyRequest, error: unknown) => void,
  request: FastifyRequest,
  done: (error?: Error) => void,
): void {
  try {
    const running = run(request);
    if (running === undefined) done();
    else {
      running.then(
        () => done(),
        (error) => {
          hear(request, error);
          done(error);
        },
      );
    }
  } catch (error) {
    hear(request, error);
    done(error as Error);
  }
}

/** What Fastify needs to know of how the reply is written; to it every schema is the same. */
function writingOf({ reply, status }: Endpoint) {
  if (reply === undefined) return {};
  const write = createReplyWriter(reply);
  return {
    schema: { response: { [status]: { type: "object" } } },
    serializerCompiler: () => write,
  };
}
