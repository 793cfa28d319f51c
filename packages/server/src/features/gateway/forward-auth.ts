import { AppError, type Catalogue } from "@tessera/contract";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Decision } from "../../access/decide.ts";
import type { Principal, TokenPrincipal } from "../../access/principal.ts";
import {
  createRouteTable,
  type GatewayRoute,
  type RoutedRequest,
} from "../../access/route-table.ts";
import type { Takings } from "../../access/takings.ts";
import { addressOf } from "../../http/address-of.ts";
import type { Authenticate } from "../../http/authenticate.ts";
import { answerFreshly, freshnessOf } from "../../http/fresh-answer.ts";
import { type Decide, refusal } from "../../http/guard.ts";
import { andThen, type MaybePromise } from "../../http/maybe-promise.ts";
import { type SpendUse, spendOnce } from "../../http/spend-use.ts";
import { isTakenAway } from "../../http/taken-away.ts";
import { hearOf, type SessionListener, type TokenUseListener } from "../../http/token-uses.ts";
import { forwardAuthPath, readOriginalRequest } from "./original-request.ts";

export interface ForwardAuthDeps {
  readonly routes: readonly GatewayRoute[];
  readonly catalogue: Catalogue;
  readonly authenticate: Authenticate;
  /** The decision that the server's own routes are guarded by. */
  readonly decide: Decide;
  readonly tokenUses: TokenUseListener & SessionListener;
  readonly spendUse: SpendUse;
  readonly takings: Takings;
}

type Headers = Readonly<Record<string, string>>;
const freshness = freshnessOf("by_key", { listTimeoutMilliseconds: 0 });

/** Envoy asks with the method of the original request. */
const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/**
 * Answers gateways whether a request to another service may pass: 200 with who it is, else 401 or 403.
 * It tells no more than `service.authorize`, so anyone may ask it about a token they hold.
 */
export function bindForwardAuth(app: FastifyInstance, deps: ForwardAuthDeps): void {
  const routes = createRouteTable(deps.routes, deps.catalogue);
  const config = {
    openBecause: "it judges the bearer of the request that a gateway asks about",
    shows: "verdict",
    revalidation: { via: "gateway" },
  } as const;
  for (const url of [forwardAuthPath, `${forwardAuthPath}/*`]) {
    app.route({ method: methods, url, config, handler: answer });
  }

  /** Without a promise where everything is known: gateways wait for it with each of their requests. */
  function answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> | undefined {
    const pass = (headers: Headers): FastifyReply => {
      hearOf(request, forwardAuthPath, deps.tokenUses);
      return reply.headers(headers).send();
    };
    const refuse = (error: unknown): never => {
      hearOf(request, forwardAuthPath, deps.tokenUses, error);
      // Gateways drop the body of a refusal and can pass on a header.
      if (error instanceof AppError) reply.header("x-tessera-error", error.code);
      throw error;
    };
    try {
      const headers = answerFreshly({
        freshness,
        startedAt: performance.now(),
        answer: () => identify(request),
        // All of the answer is the deciding.
        decideAgain: () => false,
        isTakenAway: () => isTakenAway(request, deps.takings, domainsOf(request)),
      });
      if (headers instanceof Promise) return headers.then(pass, refuse);
      // Not returned: a reply that is returned is waited for like a promise.
      pass(headers);
      return undefined;
    } catch (error) {
      return refuse(error);
    }
  }

  function identify(request: FastifyRequest): MaybePromise<Headers> {
    request.takenBefore = deps.takings.now();
    // Before anything else, so that a cookie never authenticates here: other sites' pages would send it along.
    if (request.headers.authorization === undefined) throw new AppError("unauthenticated");
    return andThen(deps.authenticate(request), (principal) => judge(request, principal));
  }

  function judge(request: FastifyRequest, principal: Principal): MaybePromise<Headers> {
    request.principal = principal;
    const routed = findOperation(request);
    const { operation, target } = routed;
    const spent =
      principal.kind === "token" ? spendOnce(request, principal, deps.spendUse) : undefined;
    return andThen(spent, () => {
      const { spending } = request;
      const circumstances = { address: addressOf(request), via: "gateway", spending } as const;
      const decision = deps.decide({ principal, row: operation, target, circumstances });
      return andThen(decision, (made) => {
        requireAllowed(request, routed, made);
        return identityHeaders(principal, routed);
      });
    });
  }

  function requireAllowed(
    request: FastifyRequest,
    { operation, target }: RoutedRequest,
    decision: Decision,
  ): void {
    if (!decision.allowed) throw refusal(decision, operation, target);
    request.uses = [{ operation: operation.id, target, scopeId: decision.scopeId }];
  }

  function findOperation(request: FastifyRequest): RoutedRequest {
    const original = readOriginalRequest(request);
    if (typeof original === "string") throw new AppError(original);
    const routed = routes.find(original.method, original.target, original.opensWebSocket);
    if (typeof routed === "string") throw new AppError(routed);
    return routed;
  }
}

function domainsOf({ uses = [] }: FastifyRequest): readonly string[] {
  return uses.map(({ target }) => target.domainId);
}

function identityHeaders(principal: Principal, { operation, target }: RoutedRequest): Headers {
  return {
    "x-tessera-principal": principal.kind,
    "x-tessera-user": principal.userId,
    ...(principal.kind === "token" ? tokenHeaders(principal) : {}),
    "x-tessera-domain": target.domainId,
    "x-tessera-operation": operation.id,
  };
}

function tokenHeaders({ tokenId, replyHeaders }: TokenPrincipal): Headers {
  return {
    "x-tessera-token": tokenId,
    "x-tessera-token-expires": replyHeaders["tessera-token-expires"] ?? "",
  };
}
