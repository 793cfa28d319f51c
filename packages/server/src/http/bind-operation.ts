import { AppError, type Endpoint } from "@tessera/contract";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Principal, TokenPrincipal } from "../access/principal.ts";
import type { Authenticate } from "./authenticate.ts";
import type { AnyHandler, Call } from "./endpoint-handlers.ts";
import { createGuard, type GuardDeps, type Passed } from "./guard.ts";
import { toProblem } from "./problem.ts";
import { createQueryReader, requirePlainQuery } from "./query-values.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** The row that the route was bound from, and with it its guard. */
    endpoint?: Endpoint;
    /** Why a route that no row describes may be called by anyone. */
    openBecause?: string;
  }
  interface FastifyRequest {
    principal: Principal | undefined;
    scopeIds: readonly string[];
  }
}

export interface BindDeps extends GuardDeps {
  readonly authenticate: Authenticate;
  /** Hears of every request that a token was let through for. */
  readonly onTokenUsed: (principal: TokenPrincipal, passed: Passed, address: string) => void;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Refuses to register any route that neither comes from a row nor says why it is open. */
export function demandGuards(app: FastifyInstance): void {
  app.decorateRequest("principal", undefined);
  app.decorateRequest("scopeIds");
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
  const guard = createGuard(endpoint, deps);
  const idParameters = [...endpoint.path.matchAll(/:(\w+)/g)]
    .map(([, name]) => name ?? "")
    .filter((name) => name !== "roleId");
  const readQuery = endpoint.query === undefined ? undefined : createQueryReader(endpoint.query);

  const check = (request: FastifyRequest): void | Promise<void> => {
    if (guard === undefined) return;
    const principal = request.principal;
    if (principal === undefined) throw new AppError("unauthenticated");
    const params = request.params as Record<string, string>;
    const passed = guard.check({ principal, params, body: request.body });
    const finish = ({ scopeIds }: Passed) => {
      request.scopeIds = scopeIds;
      if (principal.kind === "token") deps.onTokenUsed(principal, { scopeIds }, request.ip);
    };
    return passed instanceof Promise ? passed.then(finish) : finish(passed);
  };

  const beforeBody = (request: FastifyRequest): void | Promise<void> => {
    if (guard !== undefined) {
      const principal = deps.authenticate(request);
      if (principal instanceof Promise) {
        return principal.then((found) => {
          request.principal = found;
          return afterAuthentication(request);
        });
      }
      request.principal = principal;
    }
    return afterAuthentication(request);
  };

  const afterAuthentication = (request: FastifyRequest): void | Promise<void> => {
    requireIds(request.params as Record<string, string>, idParameters);
    requirePlainQuery(request.query as Record<string, unknown>);
    return guard?.needsBody === true ? undefined : check(request);
  };

  const parseBody = (request: FastifyRequest): void => {
    if (endpoint.body === undefined) return;
    const parsed = endpoint.body.safeParse(request.body);
    if (!parsed.success) throw toProblem("invalid_body", parsed.error);
    request.body = parsed.data;
  };

  app.route({
    method: endpoint.method,
    url: endpoint.path,
    config: { endpoint },
    schema:
      endpoint.reply === undefined
        ? {}
        : { response: { [endpoint.status]: replySchema(endpoint.reply) } },
    onRequest: (request, _reply, done) => settle(() => beforeBody(request), done),
    preHandler: (request, _reply, done) =>
      settle(() => {
        parseBody(request);
        return guard?.needsBody === true ? check(request) : undefined;
      }, done),
    handler: async (request, reply) => {
      const query = parseQuery(endpoint, readQuery, request);
      const call = {
        params: request.params,
        query,
        body: request.body,
        principal: request.principal,
        actor: { principal: request.principal, address: request.ip, requestId: request.id },
        request,
        reply,
      } as unknown as Call<Endpoint>;
      const result = await handler(call);
      reply.code(endpoint.status);
      return endpoint.reply === undefined ? reply.send() : result;
    },
  });
}

/** Runs a hook without a promise where none is needed: the hot path has none. */
function settle(run: () => void | Promise<void>, done: (error?: Error) => void): void {
  try {
    const running = run();
    if (running === undefined) done();
    else running.then(() => done(), done);
  } catch (error) {
    done(error as Error);
  }
}

function requireIds(params: Readonly<Record<string, string>>, names: readonly string[]): void {
  for (const name of names) {
    if (uuid.test(params[name] ?? "")) continue;
    throw new AppError("invalid_path", `${name} must be a UUID in lower case`, { field: name });
  }
}

function parseQuery(
  endpoint: Endpoint,
  read: ((query: Readonly<Record<string, unknown>>) => Record<string, unknown>) | undefined,
  request: FastifyRequest,
): unknown {
  if (endpoint.query === undefined || read === undefined) return undefined;
  const parsed = endpoint.query.safeParse(read(request.query as Record<string, unknown>));
  if (!parsed.success) throw toProblem("invalid_query", parsed.error);
  return parsed.data;
}

/** Fastify writes replies by this schema: a member that it does not name cannot leave the server. */
function replySchema(reply: z.ZodType): object {
  const { $schema: _, ...schema } = z.toJSONSchema(reply, { io: "output" });
  return schema;
}
