import {
  type Access,
  AppError,
  type Catalogue,
  type Endpoint,
  type ErrorCode,
  type Need,
  type Operation,
  scopeText,
  type Target,
  toWireScope,
} from "@tessera/contract";
import type { Authority } from "../access/authority.ts";
import { domainsInScope } from "../access/compiled-scopes.ts";
import { type Allowed, type Decision, decide, type Refused } from "../access/decide.ts";
import { requireFreshPassword } from "../access/fresh-password.ts";
import type { Principal, SessionPrincipal, TokenPrincipal } from "../access/principal.ts";
import type { Circumstances, Question, Spending } from "../access/question.ts";
import { type Failure, findUnmetCondition, hasConditions } from "../access/steps.ts";
import { nextTurn } from "./in-turns.ts";
import type { MaybePromise } from "./maybe-promise.ts";

/** So many are asked about one by one before others are answered. */
const targetsOfTurn = 20;

/** What a decision goes by: as caches and database have it now, or as one transaction reads it. */
export interface Facts {
  /** What the user may do with the target now; may stop looking once `action` is known to be held. */
  readonly loadAuthority: (
    userId: string,
    target: Target,
    action: string | null,
  ) => MaybePromise<Authority>;
  /** The group that the object belongs to now. */
  readonly findParentGroupId: (target: Target) => Promise<string | undefined>;
  /** Of these domains, in one look, those of which the principal is a member; a platform administrator: that there are. */
  readonly findOwnDomains: (
    principal: Principal,
    domainIds: readonly string[],
  ) => Promise<readonly string[]>;
  readonly clock: () => number;
  /** Milliseconds for which a password that was given lets its session change the account. */
  readonly passwordConfirmationLifetime: number;
  readonly onDecision: (decision: Decision, operationId: string) => void;
}

/** The same facts for a decision that only refuses: a permission is counted where it is given. */
export function countingRefusals(facts: Facts): Facts {
  const { onDecision } = facts;
  return {
    ...facts,
    onDecision: (decision, operationId) => {
      if (!decision.allowed) onDecision(decision, operationId);
    },
  };
}

/** What a request gives the guard to look at. */
export interface GuardedRequest {
  readonly principal: Principal;
  readonly address: string;
  /** What came of counting it, once it was counted. */
  readonly spending?: Spending | undefined;
  readonly params: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** One right that a request goes by: an operation on an object, and what opened it. */
export interface Use {
  /** `<entity type>.<operation>`, or the endpoint's id where it asks for no operation. */
  readonly operation: string;
  readonly target: Target;
  /** The scope that covers it; `undefined` for sessions, and where none is asked for. */
  readonly scopeId: string | undefined;
}

/** A decision that went against the caller, and about what. */
export class RefusedError extends AppError {
  readonly asked: Pick<Use, "operation" | "target">;

  constructor(
    asked: RefusedError["asked"],
    ...[code, message, details]: ConstructorParameters<typeof AppError>
  ) {
    super(code, message, details);
    this.asked = asked;
  }
}

/** Of what concerns no single object. */
export const noTarget = (entityType: string): Target => ({
  domainId: "",
  entityType,
  entityId: "",
});

export interface Guard {
  /** Whether the targets are known only once the body is read. */
  readonly needsBody: boolean;
  /** Whether the token chooses how much is looked at: then the request is counted before. */
  readonly isDear?: boolean;
  /** What lets the request through. Throws `AppError` where it is refused. */
  check(request: GuardedRequest, facts: Facts): MaybePromise<readonly Use[]>;
}

/** Nothing was asked for but to be known. */
export const noUses: readonly Use[] = [];

/** The guard of an endpoint, derived from its row. `undefined`: no session or token is asked for. */
export function createGuard(endpoint: Endpoint, catalogue: Catalogue): Guard | undefined {
  const guard = withConditions(endpoint, createAccessGuard(endpoint, catalogue));
  if (guard === undefined || endpoint.worksUnverified === true) return guard;
  return {
    ...guard,
    check: (request, facts) => {
      requireVerified(request.principal);
      return guard.check(request, facts);
    },
  };
}

/**
 * Whether the conditions of a token are asked by the endpoint's guard. Not where each question of a body has
 * circumstances of its own, and not where holding the token is enough.
 */
export function asksConditions({ access }: Pick<Endpoint, "access">): boolean {
  return access.kind !== "bearer" && !(access.kind === "token_self" && access.evenIfUseless);
}

/** Not every request asks for a decision about an object: conditions are asked of all, and before anything else. */
function withConditions(endpoint: Endpoint, guard: Guard | undefined): Guard | undefined {
  if (guard === undefined || !asksConditions(endpoint)) return guard;
  const { access } = endpoint;
  const need = access.kind === "operation" ? access.needs[0] : undefined;
  const askedOf = ({ params }: GuardedRequest): RefusedError["asked"] => {
    if (need === undefined) return { operation: endpoint.id, target: noTarget("") };
    const type = need.operation.split(".", 1)[0] ?? "";
    const target = need.on.from === "path" ? pathTarget(type, params) : noTarget(type);
    return { operation: need.operation, target };
  };
  return {
    ...guard,
    check: (request, facts) => {
      const { principal, address, spending } = request;
      if (hasConditions(principal)) {
        const circumstances = { now: facts.clock(), address, via: "route", spending } as const;
        const failure = findUnmetCondition({ principal, circumstances });
        if (failure !== undefined) throw refusalFor(failure, askedOf(request));
      }
      return guard.check(request, facts);
    },
  };
}

function requireVerified(principal: Principal): void {
  if (principal.kind === "session" && principal.mustVerify === true) {
    throw new AppError(
      "email_unverified",
      "Verify your email address first: POST /users/send-verification has a link mailed to you",
    );
  }
}

function createAccessGuard({ id, access }: Endpoint, catalogue: Catalogue): Guard | undefined {
  switch (access.kind) {
    case "anyone":
    case "anonymous_limited":
    case "service":
      return undefined;
    case "token_self":
      return { needsBody: false, check: createTokenCheck(id) };
    case "bearer":
      return { needsBody: false, check: () => noUses };
    case "session":
    case "admin":
    case "self_or_admin":
      return { needsBody: false, check: (request, facts) => checkAccount(access, request, facts) };
    case "role_action":
      return createRoleActionGuard(access);
    case "domain_member":
      return createMemberGuard(id);
    case "operation":
      return createOperationGuard(access.needs, catalogue);
  }
}

function checkAccount(
  { kind, needsFreshPassword }: Extract<Access, { readonly needsFreshPassword?: boolean }>,
  { principal, params }: GuardedRequest,
  { clock, passwordConfirmationLifetime }: Facts,
): readonly Use[] {
  requireSession(principal);
  const isSelf = kind === "self_or_admin" && params.userId === principal.userId;
  if (kind !== "session" && !principal.isAdmin && !isSelf) {
    throw new AppError("owner_lacks_permission", "Only administrators of the platform may do this");
  }
  if (needsFreshPassword === true) {
    requireFreshPassword(principal, clock(), passwordConfirmationLifetime);
  }
  return noUses;
}

function createTokenCheck(endpointId: string): Guard["check"] {
  const uses = [{ operation: endpointId, target: noTarget(""), scopeId: undefined }];
  return ({ principal }) => {
    if (principal.kind === "session") throw new AppError("token_required");
    return uses;
  };
}

function requireSession(principal: Principal): asserts principal is SessionPrincipal {
  if (principal.kind === "token") throw new AppError("session_required");
}

function createRoleActionGuard(access: Extract<Access, { readonly kind: "role_action" }>): Guard {
  const row = {
    id: `${access.type}.roles`,
    name: access.action,
    action: access.action,
    worksInDisabledDomain: false,
  };
  return {
    needsBody: false,
    check: async (request, facts) => {
      requireSession(request.principal);
      const target = pathTarget(access.type, request.params);
      const uses = toUses(await decideOn(asked(request, row, target), facts), row, target);
      if (access.ofAdministrators === true) await requireDomainAdmin(request, target, facts);
      return uses;
    },
  };
}

/** Whoever is no member is refused as where there is no such domain; administering the platform is no membership. */
function createMemberGuard(operation: string): Guard {
  return {
    needsBody: false,
    check: async ({ principal, params }, { findOwnDomains }) => {
      requireSession(principal);
      const target = pathTarget("domains", params);
      const found = await findOwnDomains({ ...principal, isAdmin: false }, [target.domainId]);
      if (found.length > 0) return [{ operation, target, scopeId: undefined }];
      throw new RefusedError(
        { operation, target },
        "owner_lacks_permission",
        "Only members of the domain may do this",
      );
    },
  };
}

async function requireDomainAdmin(
  { principal }: GuardedRequest,
  target: Target,
  { loadAuthority }: Facts,
): Promise<void> {
  if (principal.isAdmin) return;
  if ((await loadAuthority(principal.userId, target, null)).isDomainAdmin) return;
  throw new AppError("owner_lacks_permission", "Only administrators of the domain may do this");
}

type NeedCheck = (request: GuardedRequest, facts: Facts) => MaybePromise<readonly Use[]>;

function createOperationGuard(needs: readonly Need[], catalogue: Catalogue): Guard {
  const ownType = needs[0]?.operation.split(".", 1)[0] ?? "";
  const checks = needs.map((need) => createNeedCheck(need, ownType, catalogue));
  const [onlyCheck] = checks;
  const needsBody = needs.some((need) => need.on.from === "body" || need.unlessSelf !== undefined);
  const isDear = needs.some((need) => need.on.from === "any_domain");
  if (checks.length === 1 && onlyCheck !== undefined)
    return { needsBody, isDear, check: onlyCheck };
  return {
    needsBody,
    isDear,
    check: async (request, facts) => {
      const uses: Use[] = [];
      for (const check of checks) uses.push(...(await check(request, facts)));
      return uses;
    },
  };
}

function createNeedCheck(need: Need, ownType: string, catalogue: Catalogue): NeedCheck {
  const row = catalogue.findOperation(need.operation);
  if (row === undefined) throw new Error(`a route needs the unknown operation ${need.operation}`);
  const { on, unlessSelf } = need;
  const ofOwnDomains = [{ operation: row.id, target: noTarget(row.type), scopeId: undefined }];
  const check: NeedCheck = (request, facts) => {
    switch (on.from) {
      case "path": {
        const target = pathTarget(row.type, request.params);
        const decision = decideOn(asked(request, row, target), facts);
        return decision instanceof Promise
          ? decision.then((decided) => toUses(decided, row, target))
          : toUses(decision, row, target);
      }
      case "body":
        return checkAll(request, row, bodyTargets(row.type, on.member, request), facts);
      case "current_parent":
        return checkParent(request, ownType, row, facts);
      case "any_domain":
        return checkAnyDomain(request, row, facts);
      case "own_domains":
        return ofOwnDomains;
    }
  };
  if (unlessSelf === undefined) return check;
  return (request, facts) => {
    const isSelf =
      request.principal.kind === "session" &&
      bodyIds(request.body, unlessSelf)[0] === request.principal.userId;
    return isSelf ? noUses : check(request, facts);
  };
}

/** A question whose time is now, unless it says otherwise: only one that opens nothing may. */
export interface Asked extends Omit<Question, "circumstances"> {
  readonly circumstances: Omit<Circumstances, "now"> & Partial<Pick<Circumstances, "now">>;
}

/** Answers a question by what is true now: for enforcing, explaining and answering others. */
export type Decide = (asked: Asked) => MaybePromise<Decision>;

/** The one place where the server asks for a decision. */
export function decideOn(
  { principal, row, target, circumstances: asked }: Asked,
  facts: Pick<Facts, "loadAuthority" | "clock" | "onDecision">,
): MaybePromise<Decision> {
  const authority = facts.loadAuthority(principal.userId, target, row.action);
  const finish = (loaded: Authority) => {
    const { now = facts.clock(), address, via, spending } = asked;
    const circumstances = { now, address, via, spending };
    const decision = decide({ principal, row, target, circumstances }, loaded);
    facts.onDecision(decision, row.id);
    return decision;
  };
  return authority instanceof Promise ? authority.then(finish) : finish(authority);
}

/** The permission, where it is given by what is known at once; it is not counted. Else whoever asks goes the way on which all is looked up. */
export function allowAtOnce(
  { principal, row, target, circumstances: { address, via } }: Asked,
  {
    peekAuthority,
    clock,
  }: Pick<Facts, "clock"> & {
    readonly peekAuthority: (
      userId: string,
      target: Target,
      action: string | null,
    ) => Authority | undefined;
  },
): Allowed | undefined {
  const authority = peekAuthority(principal.userId, target, row.action);
  if (authority === undefined) return undefined;
  const circumstances = { now: clock(), address, via };
  const decision = decide({ principal, row, target, circumstances }, authority);
  return decision.allowed ? decision : undefined;
}

function asked(
  { principal, address, spending }: GuardedRequest,
  row: Question["row"],
  target: Target,
): Asked {
  return { principal, row, target, circumstances: { address, via: "route", spending } };
}

async function checkAll(
  request: GuardedRequest,
  row: Operation,
  targets: readonly Target[],
  facts: Facts,
): Promise<readonly Use[]> {
  const uses: Use[] = [];
  for (const [index, target] of targets.entries()) {
    if (index % targetsOfTurn === targetsOfTurn - 1) await nextTurn();
    uses.push(...toUses(await decideOn(asked(request, row, target), facts), row, target));
  }
  return uses;
}

async function checkParent(
  request: GuardedRequest,
  childType: string,
  row: Operation,
  facts: Facts,
): Promise<readonly Use[]> {
  const child = pathTarget(childType, request.params);
  const entityId = await facts.findParentGroupId(child);
  if (entityId === undefined) return noUses;
  const parent = { domainId: child.domainId, entityType: row.type, entityId };
  return toUses(await decideOn(asked(request, row, parent), facts), row, parent);
}

async function checkAnyDomain(
  request: GuardedRequest,
  row: Operation,
  facts: Facts,
): Promise<readonly Use[]> {
  const { principal } = request;
  if (principal.kind === "session") return noUses;
  let refused: RefusedError | undefined;
  for (const [index, domainId] of (await domainsToAsk(principal, row, facts)).entries()) {
    if (index % targetsOfTurn === targetsOfTurn - 1) await nextTurn();
    const target = { domainId, entityType: "domains", entityId: domainId };
    const decision = await decideOn(asked(request, row, target), facts);
    if (decision.allowed) return toUses(decision, row, target);
    refused = refusal(decision, row, target);
  }
  if (refused !== undefined) throw refused;
  throw new RefusedError(
    { operation: row.id, target: noTarget(row.type) },
    "scope_missing",
    `The token needs the scope ${row.type}:${row.name} in some domain`,
  );
}

/** Of the domains in which the token may do it: where its owner can be refused for another reason than being nobody there. */
async function domainsToAsk(
  principal: TokenPrincipal,
  row: Operation,
  facts: Facts,
): Promise<readonly string[]> {
  const inScope = domainsInScope(principal.scopes, row.id);
  if (inScope.length <= targetsOfTurn) return inScope;
  const own = await facts.findOwnDomains(principal, inScope);
  // For its reason.
  return own.length > 0 ? own : inScope.slice(0, 1);
}

function pathTarget(type: string, params: Readonly<Record<string, string>>): Target {
  const domainId = params.domainId ?? "";
  return {
    domainId,
    entityType: type,
    entityId: type === "domains" ? domainId : (params.id ?? ""),
  };
}

function bodyTargets(
  type: string,
  member: string,
  { params, body }: GuardedRequest,
): readonly Target[] {
  const domainId = params.domainId ?? "";
  const ids = new Set(bodyIds(body, member));
  return [...ids].map((entityId) => ({ domainId, entityType: type, entityId }));
}

/** The ids in that member of the body, or of each object of an array. The body has been parsed by its schema. */
function bodyIds(body: unknown, member: string): readonly string[] {
  const objects = Array.isArray(body) ? body : [body];
  return objects.flatMap((object: unknown) => {
    const value = (object as Readonly<Record<string, unknown>> | undefined)?.[member];
    return (Array.isArray(value) ? value : [value]).filter(
      (id): id is string => typeof id === "string",
    );
  });
}

function toUses(decision: Decision, row: Question["row"], target: Target): readonly Use[] {
  if (!decision.allowed) throw refusal(decision, row, target);
  return [{ operation: row.id, target, scopeId: decision.scopeId }];
}

/** The error that tells a client why it was refused. */
export function refusal(
  { steps, ...failure }: Refused,
  { id: operation }: Pick<Question["row"], "id">,
  target: Target,
): RefusedError {
  return refusalFor({ ...failure, detail: steps.at(-1)?.detail ?? "" }, { operation, target });
}

/** What is told of a refusal in the words of its step. */
const toldInDetail: ReadonlySet<ErrorCode> = new Set([
  "domain_disabled",
  "not_yet_valid",
  "condition_time",
  "condition_address",
  "token_exhausted",
  "rate_limited",
]);

function refusalFor(
  { because, detail, missingScope, waitMilliseconds }: Failure,
  asked: RefusedError["asked"],
): RefusedError {
  if (missingScope !== undefined) {
    return new RefusedError(
      asked,
      because,
      `The token needs the scope ${scopeText(missingScope)} in domain ${missingScope.domainId}`,
      { missing_scope: toWireScope(missingScope) },
    );
  }
  const retry =
    waitMilliseconds === undefined ? {} : { retryAfterSeconds: Math.ceil(waitMilliseconds / 1000) };
  return new RefusedError(asked, because, toldInDetail.has(because) ? detail : undefined, retry);
}
