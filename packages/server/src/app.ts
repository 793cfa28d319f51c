import { setTimeout as delay } from "node:timers/promises";
import cookie from "@fastify/cookie";
import { type BuiltInEndpoint, type EntityType, endpointsOf } from "@tessera/contract";
import fastify, { type FastifyInstance, LogController } from "fastify";
import { keysOfPrincipal } from "./access/change-key.ts";
import { countScopes } from "./access/compiled-scopes.ts";
import type { Principal, TokenPrincipal } from "./access/principal.ts";
import { listJobs, outboxTargets } from "./background.ts";
import { countBacklogs } from "./changes/outbox-store.ts";
import { remember } from "./changes/remembered.ts";
import type { Deps } from "./deps.ts";
import { standardEntityHandlers } from "./entities/entity-handlers.ts";
import { auditHandlers } from "./features/audit/audit-handlers.ts";
import { createCheckpoints } from "./features/audit/checkpoints.ts";
import { forwardNames } from "./features/audit/forward-targets.ts";
import { keepingHandlers } from "./features/audit/keeping.ts";
import { createRefusals } from "./features/audit/refusals.ts";
import { bindCalendar } from "./features/calendar/bind-calendar.ts";
import { calendarHandlers } from "./features/calendar/calendar-handlers.ts";
import { channelExtension } from "./features/channels/channel-extension.ts";
import { clientExtension } from "./features/clients/client-extension.ts";
import { clientSecretHandlers } from "./features/clients/client-secret-handlers.ts";
import { connectionHandlers } from "./features/connections/connection-handlers.ts";
import { domainHandlers } from "./features/domains/domain-handlers.ts";
import { bindForwardAuth } from "./features/gateway/forward-auth.ts";
import { groupExtension } from "./features/groups/group-extension.ts";
import { groupHandlers } from "./features/groups/group-handlers.ts";
import { invitationHandlers } from "./features/invitations/invitation-handlers.ts";
import { noticeHandlers } from "./features/notices/notice-handlers.ts";
import { leaveHandler } from "./features/roles/leave-handler.ts";
import { reachHandlers, type TokensOnObjects } from "./features/roles/reach-handlers.ts";
import { roleHandlers } from "./features/roles/role-handlers.ts";
import { authorizeHandler } from "./features/service/authorize-handler.ts";
import { type Build, serviceHandlers } from "./features/service/service-handlers.ts";
import { conditionHandlers } from "./features/tokens/conditions/condition-handlers.ts";
import { draftHandlers } from "./features/tokens/conditions/draft-handlers.ts";
import { createSpendUse } from "./features/tokens/conditions/use-limits.ts";
import { reserveUses } from "./features/tokens/conditions/use-reserve-store.ts";
import { foundTokenHandlers } from "./features/tokens/lifecycle/found-token-handlers.ts";
import {
  createIdentifyHolder,
  createIdentifyToken,
  identifyTokenAgain,
} from "./features/tokens/lifecycle/identify.ts";
import { suspendTokensOf } from "./features/tokens/lifecycle/suspend-tokens.ts";
import { tokenHandlers } from "./features/tokens/lifecycle/token-handlers.ts";
import { createWriteUse } from "./features/tokens/lifecycle/write-use.ts";
import { domainTokensHandlers } from "./features/tokens/right-sizing/domain-tokens-handlers.ts";
import { proposalHandlers } from "./features/tokens/right-sizing/proposal-handlers.ts";
import { confirmFirstUses } from "./features/tokens/rotation/first-uses.ts";
import { ownTokenHandlers } from "./features/tokens/rotation/own-token-handlers.ts";
import { rotationHandlers } from "./features/tokens/rotation/rotation-handlers.ts";
import { createSecretUses } from "./features/tokens/rotation/secret-uses.ts";
import { scopeHandlers } from "./features/tokens/scopes/scope-handlers.ts";
import {
  countTokensOnObject,
  listTokensOnObject,
} from "./features/tokens/scopes/tokens-on-object-store.ts";
import { usageHandlers } from "./features/tokens/usage/usage-handlers.ts";
import { createUsageReading } from "./features/tokens/usage/usage-reading.ts";
import { createUsageRecorder } from "./features/tokens/usage/usage-recorder.ts";
import { createAccountLoad } from "./features/users/accounts/account-load.ts";
import { linkHandlers } from "./features/users/links/link-handlers.ts";
import { createPasswordCheck } from "./features/users/passwords/password-check.ts";
import { userHandlers } from "./features/users/people/user-handlers.ts";
import { createIdentifySession } from "./features/users/sessions/identify-session.ts";
import { sessionHandlers } from "./features/users/sessions/session-handlers.ts";
import { createGroundOf } from "./ground.ts";
import {
  type Authenticate,
  createAuthenticate,
  createAuthenticateHolder,
  createPeekPrincipal,
} from "./http/authenticate.ts";
import { type BindDeps, bindEndpoint, demandGuards } from "./http/bind-operation.ts";
import { createConnections } from "./http/connections.ts";
import type { AnyHandler, Unhandled } from "./http/endpoint-handlers.ts";
import { shareFairly } from "./http/fair-shares.ts";
import { createFindCaller } from "./http/find-caller.ts";
import { allowAtOnce, countingRefusals, type Decide, decideOn, type Facts } from "./http/guard.ts";
import { acceptJsonBodies } from "./http/json-body.ts";
import { createMetrics } from "./http/metrics.ts";
import { dropForwardedPorts } from "./http/network-address.ts";
import { watchMethods } from "./http/other-methods.ts";
import { answerProblems, createFrameworkErrorHandler } from "./http/problem.ts";
import { describeApi } from "./http/reference/openapi.ts";
import { serveReference } from "./http/reference/serve-reference.ts";
import { createReplyCache } from "./http/reply-cache.ts";
import {
  createSetReplyHeaders,
  headersWithoutRequest,
  setHeadersOfReplies,
} from "./http/reply-headers.ts";
import { forAllRequests, logRequests } from "./http/request-log.ts";
import { refuseMissingIds, routerOptions } from "./http/router-options.ts";
import { serveSeenRequest } from "./http/seen-request.ts";
import { serveMetrics } from "./http/serve-metrics.ts";
import { createIdentifyService } from "./http/service-credentials.ts";
import { createIsSecure } from "./http/session-cookie-names.ts";
import { createSharedAddresses } from "./http/shared-address.ts";
import { createSlowRefusals } from "./http/slow-refusals.ts";
import type { TokenUseListener } from "./http/token-uses.ts";
import { tellOfUnheardProxy } from "./http/unheard-proxy.ts";
import { serveWebApp } from "./http/web-app.ts";
import { createSchedule } from "./jobs/schedule.ts";
import { createAuthorityLoader } from "./rights/authority.ts";
import { findOwnDomains } from "./rights/own-domains-store.ts";
import { parentGroupFinder } from "./rights/parent-group.ts";
import { classifyDriverError } from "./store/driver-errors.ts";

/** What is remembered of credentials: 20,000 tokens of ten scopes, or fewer of more, some 200 bytes for each one. */
const maximumCachedScopes = 400_000;
/** Besides its scopes a principal takes as much memory as so many. */
const scopesOfBarePrincipal = 10;

export interface BuildOptions {
  readonly build: Build;
  /** Whether the process was told to end. */
  readonly isStopping?: () => boolean;
  /** Where the built web app lies; `undefined`: none is served. */
  readonly webFolder: string | undefined;
  /** Instead of a timer. */
  readonly wait?: (milliseconds: number) => Promise<unknown>;
  /** How soon what was refused is written down; a second when not said. */
  readonly refusalsEveryMilliseconds?: number;
  /** Handlers of operations that a catalogue adds to the built-in ones. */
  readonly moreHandlers?: Readonly<Record<string, AnyHandler>>;
  /** Comes between requests and what counts the uses of tokens. */
  readonly hearUses?: (counting: TokenUseListener) => TokenUseListener;
}

/** The whole server, ready to listen: every feature in its place. */
export async function buildApp(deps: Deps, options: BuildOptions): Promise<FastifyInstance> {
  const { config, catalogue, hub, clock } = deps;
  const isSecure = createIsSecure(config.public_url);
  const addresses = createSharedAddresses();
  const setHeaders = createSetReplyHeaders(isSecure, addresses);
  const replyCache = createReplyCache();
  const connections = createConnections({
    before: replyCache.before,
    headTimeoutMilliseconds: config.head_timeout,
    requestTimeoutMilliseconds: config.request_timeout,
    replyTimeoutMilliseconds: config.reply_timeout,
    limits: {
      inAll: config.max_connections,
      perNetwork: config.max_connections_per_address,
      trustedProxies: config.trusted_proxies,
    },
    clock,
    headers: headersWithoutRequest(isSecure({ protocol: "http" })),
    newId: deps.newId,
    log: deps.log,
  });
  const app: FastifyInstance = fastify({
    ...connections.options,
    loggerInstance: forAllRequests(deps.log),
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: 1024 * 1024,
    trustProxy: config.trusted_proxies.length === 0 ? false : [...config.trusted_proxies],
    genReqId: () => deps.newId(),
    routerOptions,
    frameworkErrors: createFrameworkErrorHandler(setHeaders),
    // The first that runs with a request.
    rewriteUrl: (request) => {
      dropForwardedPorts(request);
      return addresses.addressForBrowser(request);
    },
  });
  const targets = outboxTargets(deps);
  const metrics = createMetrics(clock, {
    jobStates: () => schedule.states(),
    backlogs: () => countBacklogs(deps.database, targets, clock()),
  });
  const usage = createUsageRecorder(deps);
  const tokenUses = options.hearUses?.(usage) ?? usage;
  const usageReading = createUsageReading(deps, usage);
  const secretUses = createSecretUses(deps, usage);
  const refusals = createRefusals(deps, {
    everyMilliseconds: options.refusalsEveryMilliseconds ?? 1_000,
    forwardedTo: forwardNames(deps),
  });
  const uses = {
    allowed: tokenUses.allowed,
    refused: (...refused: Parameters<typeof usage.refused>) => {
      tokenUses.refused(...refused);
      refusals.refused(...refused);
    },
    sessionRefused: refusals.refused,
    credentialRefused: refusals.credentialRefused,
  };
  const checkpoints = createCheckpoints(deps);
  const schedule = await createSchedule(
    deps,
    listJobs(deps, { usage, secretUses, checkpoints, targets }),
  );
  for (const target of targets) deps.hub.addTarget(target);

  demandGuards(app);
  addresses.watch(app);
  refuseMissingIds(app);
  const otherMethods = watchMethods(app);
  connections.watch(app);
  setHeadersOfReplies(app, setHeaders);
  acceptJsonBodies(app);
  answerProblems(app, classifyDriverError, otherMethods.refusalOf);
  logRequests(app, deps.log);
  tellOfUnheardProxy(app, deps.log);
  metrics.observeRequests(app);
  // Whoever needs a cookie of a request reads it: see http/read-cookie.ts.
  await app.register(cookie, { hook: false });
  const shares = shareFairly(app, { ...deps, runFor: deps.database.runFor });

  const principals = remember(hub, {
    maximumEntries: maximumCachedScopes,
    weightOf: (principal: Principal) =>
      scopesOfBarePrincipal + (principal.kind === "token" ? weightOfToken(principal) : 0),
    keysOf: keysOfPrincipal,
  });
  const identify = createAuthenticate({
    tokenPrefix: config.token_prefix,
    isSecure,
    identifyToken: createIdentifyToken(deps, secretUses),
    identifySession: createIdentifySession(deps),
    principals,
    clock,
    onCacheLookup: metrics.onCacheLookup,
  });
  const slowly = createSlowRefusals({
    badCredentialsPerMinute: config.bad_credentials_per_minute,
    clock,
    wait: options.wait ?? delay,
  });
  const authenticate: Authenticate = slowly(identify);
  const authorities = createAuthorityLoader(deps);
  const facts: Facts = {
    loadAuthority: authorities.load,
    findParentGroupId: parentGroupFinder(deps),
    findOwnDomains: (principal, ids) => findOwnDomains(deps.database.read, principal, ids),
    clock,
    passwordConfirmationLifetime: config.password_confirmation_lifetime,
    onDecision: metrics.onDecision,
  };
  const factsAtOnce = { peekAuthority: authorities.peek, clock };
  // Each request has its line where lines are written.
  if (!deps.log.isLevelEnabled("debug")) {
    replyCache.watch(app, {
      catalogue,
      peekPrincipal: createPeekPrincipal({ principals, clock }),
      allowAtOnce: (asked) => allowAtOnce(asked, factsAtOnce),
      areViewsFree: shares.areViewsFree,
      tokenUses: uses,
      onAllowed: () => {
        metrics.onCacheLookup(true);
        metrics.onDecision({ allowed: true, steps: [] });
      },
      onReply: metrics.onReply,
    });
  }
  const groundOf = createGroundOf(deps, countingRefusals(facts).onDecision);
  const identifyService = createIdentifyService(config.service_credentials);
  const writeUse = createWriteUse(deps);
  const spendUse = confirmFirstUses({
    clock,
    spendUse: createSpendUse({
      clock,
      reserveUses: ({ tokenId, userId }) =>
        writeUse(userId, () => reserveUses(deps.database, tokenId)),
    }),
    firstUsed: (holder, address) =>
      writeUse(holder.userId, () => secretUses.firstUsed(holder, address)),
  });
  const bindDeps: BindDeps = {
    catalogue,
    authenticate,
    authenticateHolder: slowly(
      createAuthenticateHolder(
        config.token_prefix,
        createIdentifyHolder(deps, secretUses),
        identify,
      ),
    ),
    identifyService: slowly(identifyService),
    facts,
    groundOf,
    shares,
    listTimeoutMilliseconds: config.list_timeout,
    tokenUses: uses,
    spendUse,
    takings: hub.takings,
  };
  const decide: Decide = (asked) => decideOn(asked, facts);
  /** What nobody wants to do now, and is told of others, is no decision that is counted. */
  const decideUncounted: Decide = (asked) => decideOn(asked, { ...facts, onDecision: () => {} });

  const accountLoad = createAccountLoad(deps);
  const checkPassword = createPasswordCheck(deps, accountLoad);
  const findCaller = createFindCaller(authenticate, groundOf);

  const builtIn = requireAll(
    serviceHandlers(deps, options.build, {
      isStopping: options.isStopping ?? (() => false),
      findCaller,
      jobStates: () => schedule.states(),
    }),
    authorizeHandler({ catalogue, decide, tokenUses: uses, spendUse, takings: hub.takings }),
    userHandlers(deps, findCaller, accountLoad, checkPassword, suspendTokensOf),
    sessionHandlers(deps, checkPassword, accountLoad),
    auditHandlers(deps, options.build),
    keepingHandlers(deps),
    linkHandlers(deps, accountLoad),
    tokenHandlers(deps, usageReading),
    rotationHandlers(deps, usageReading),
    ownTokenHandlers(deps),
    foundTokenHandlers(deps),
    scopeHandlers(deps, decide, usageReading),
    usageHandlers(deps, usageReading),
    noticeHandlers(deps),
    calendarHandlers(deps),
    conditionHandlers(deps, usageReading),
    draftHandlers(deps, decideUncounted),
    proposalHandlers(deps, decideUncounted, usageReading),
    domainTokensHandlers(deps),
    domainHandlers(deps),
    leaveHandler(deps),
    invitationHandlers(deps, (trx, token) => identifyTokenAgain(trx, token, clock())),
    ...keptTypes(catalogue.entityTypes).map((type) => roleHandlers(deps, type.name)),
    ...typesInDomains(catalogue.entityTypes).flatMap((type) => [
      standardEntityHandlers(deps, type, extensionOf(type, deps)),
      reachHandlers(
        deps,
        type.name,
        { decide: decideUncounted, loadAuthority: facts.loadAuthority },
        tokensOnObjects(deps.database),
      ),
    ]),
    clientSecretHandlers(deps),
    groupHandlers(deps),
    connectionHandlers(deps),
  );
  const handlers = merge(builtIn, options.moreHandlers ?? {});
  const endpoints = endpointsOf(catalogue.entityTypes);
  for (const endpoint of endpoints) {
    const handler = handlers[endpoint.id];
    if (handler === undefined) throw new Error(`the endpoint ${endpoint.id} has no handler`);
    bindEndpoint(app, endpoint, handler, bindDeps);
  }

  bindForwardAuth(app, { ...bindDeps, routes: config.routes, decide });
  bindCalendar(app, deps, slowly);
  serveReference(app, () =>
    describeApi({
      catalogue,
      endpoints,
      version: options.build.version,
      publicUrl: config.public_url,
      gatewayRoutes: config.routes,
    }),
  );

  const metricsAccess = {
    token: config.metrics_token,
    isBehindProxy: config.public_url !== undefined || config.trusted_proxies.length > 0,
  };
  serveMetrics(app, metrics, metricsAccess, slowly);
  serveSeenRequest(app, deps, slowly);
  if (options.webFolder !== undefined) await serveWebApp(app, options.webFolder);
  otherMethods.refuse();
  app.addHook("onReady", () => usage.open());
  app.addHook("onListen", () => schedule.start());
  app.addHook("onClose", async () => {
    await schedule.stop();
    await usage.close();
    await refusals.close();
    await checkpoints.close();
    metrics.close();
  });
  return app;
}

function weightOfToken({ scopes, conditions }: TokenPrincipal): number {
  return countScopes(scopes) + (conditions?.weight ?? 0);
}

function extensionOf({ name }: EntityType, deps: Deps) {
  switch (name) {
    case "clients":
      return clientExtension(deps);
    case "channels":
      return channelExtension();
    case "groups":
      return groupExtension();
    default:
      return undefined;
  }
}

const keptTypes = (types: readonly EntityType[]) =>
  types.filter((type) => type.kind !== "external");

const typesInDomains = (types: readonly EntityType[]) =>
  types.filter((type) => type.kind === "entity" || type.kind === "group");

const tokensOnObjects = (database: Deps["database"]): TokensOnObjects => ({
  list: (asked, page) => listTokensOnObject(database, asked, page),
  count: (...asked) => countTokensOnObject(database, ...asked),
});

/** The handlers of all built-in endpoints; the compiler names the one that is missing. */
function requireAll<const Parts extends readonly object[]>(
  ...parts: [Unhandled<BuiltInEndpoint, Parts[number]>] extends [never]
    ? Parts
    : readonly { readonly missingHandler: Unhandled<BuiltInEndpoint, Parts[number]> }[]
): Readonly<Record<string, AnyHandler>> {
  return merge(...(parts as readonly object[]));
}

function merge(...parts: readonly object[]): Readonly<Record<string, AnyHandler>> {
  const merged: Record<string, AnyHandler> = {};
  for (const [id, handler] of parts.flatMap((part) => Object.entries(part))) {
    if (id in merged) throw new Error(`the endpoint ${id} has two handlers`);
    merged[id] = handler as AnyHandler;
  }
  return merged;
}
