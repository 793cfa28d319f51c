import {
  type ErrorCode,
  type Operation,
  type Scope,
  scopeText,
  type Target,
} from "@tessera/contract";
import type { Authority } from "./authority.ts";
import { findCoveringScope } from "./compiled-scopes.ts";
import type { Principal } from "./principal.ts";

/** One condition that was looked at, in order; the first that failed decides. */
export interface Step {
  readonly step: "token" | "scope" | "domain" | "owner";
  readonly passed: boolean;
  readonly detail: string;
}

export interface Allowed {
  readonly allowed: true;
  readonly steps: readonly Step[];
  /** The scope that opened it; absent for sessions. */
  readonly scopeId?: string;
}

export interface Refused {
  readonly allowed: false;
  readonly because: ErrorCode;
  readonly steps: readonly Step[];
  /** The smallest scope that would help. */
  readonly missingScope?: Scope;
}

export type Decision = Allowed | Refused;

const pass = (step: Step["step"], detail: string): Step => ({ step, passed: true, detail });
const fail = (step: Step["step"], detail: string): Step => ({ step, passed: false, detail });

const validToken = pass("token", "the token is valid");
const validSession = pass("token", "the session is valid");
const covered = pass("scope", "a scope of the token covers it");
const noScopeNeeded = pass("scope", "a session needs no scope");
const openDomain = pass("domain", "the domain is open for this");
const permitted = pass("owner", "the owner may do this now");

// Shared, because the steps of a granted request are always the same.
const stepsOfGrantedToken: readonly Step[] = [validToken, covered, openDomain, permitted];
const stepsOfGrantedSession: readonly Step[] = [validSession, noScopeNeeded, openDomain, permitted];

/**
 * Whether the principal may do the operation on the target now:
 * valid token → a scope covers it → the domain is open → and the owner may do it.
 * Enforcing and explaining are this one call.
 */
export function decide(
  principal: Principal,
  operation: Pick<Operation, "id" | "name" | "action" | "worksInDisabledDomain">,
  target: Target,
  authority: Authority,
  now: number,
): Decision {
  const isToken = principal.kind === "token";
  if (principal.expiresAt <= now) {
    return refuse("token_expired", [], fail("token", "the token has expired"));
  }
  const scopeId = isToken ? findCoveringScope(principal.scopes, operation.id, target) : undefined;
  if (isToken && scopeId === undefined) {
    const missingScope = { ...target, operation: operation.name };
    const detail = `no scope covers ${scopeText(missingScope)} in domain ${target.domainId}`;
    return { ...refuse("scope_missing", [validToken], fail("scope", detail)), missingScope };
  }
  const passed = isToken ? [validToken, covered] : [validSession, noScopeNeeded];
  const closed = closedDomain(principal, operation, authority);
  if (closed !== undefined) return refuse(closed.because, passed, fail("domain", closed.detail));
  if (!ownerMay(principal, operation, authority)) {
    const detail = `the owner has no role that allows ${operation.action ?? "this"} on the object`;
    return refuse("owner_lacks_permission", [...passed, openDomain], fail("owner", detail));
  }
  return scopeId === undefined
    ? { allowed: true, steps: stepsOfGrantedSession }
    : { allowed: true, steps: stepsOfGrantedToken, scopeId };
}

function refuse(because: ErrorCode, passed: readonly Step[], failed: Step): Refused {
  return { allowed: false, because, steps: [...passed, failed] };
}

function closedDomain(
  principal: Principal,
  operation: Pick<Operation, "worksInDisabledDomain">,
  { domainStatus, isMember, isDomainAdmin }: Authority,
): { because: ErrorCode; detail: string } | undefined {
  if (domainStatus === "enabled") return undefined;
  if (domainStatus === "unknown") {
    // Only who may see every domain is told, by the handler, that this one does not exist.
    return principal.isAdmin
      ? undefined
      : { because: "owner_lacks_permission", detail: "no such domain" };
  }
  if (!principal.isAdmin && !isMember) {
    return { because: "owner_lacks_permission", detail: "the owner is no member of the domain" };
  }
  const isTrusted = principal.isAdmin || (domainStatus === "disabled" && isDomainAdmin);
  if (isTrusted && operation.worksInDisabledDomain) return undefined;
  return { because: "domain_disabled", detail: `the domain is ${domainStatus}` };
}

function ownerMay(
  principal: Principal,
  { action }: Pick<Operation, "action">,
  authority: Authority,
): boolean {
  if (principal.isAdmin) return true;
  return authority.isMember && (action === null || authority.actions.has(action));
}
