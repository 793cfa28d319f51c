import { type ErrorCode, type Scope, scopeText } from "@tessera/contract";
import type { Authority } from "./authority.ts";
import type { CompiledConditions } from "./compiled-conditions.ts";
import type { Principal } from "./principal.ts";
import type { Circumstances, Question } from "./question.ts";

/** What a step goes by. */
export interface Findings {
  /** What the owner may do with the target now. */
  readonly authority: Authority;
  /** The scope of the token that covers the question; `undefined` for sessions, and where none does. */
  readonly scopeId: string | undefined;
}

/** Why a step fails. */
export interface Failure {
  readonly because: ErrorCode;
  readonly detail: string;
  /** The smallest scope that would help. */
  readonly missingScope?: Scope;
  /** When to try again, in milliseconds from now. */
  readonly waitMilliseconds?: number;
}

/** What a token may carry besides its scopes. */
type ConditionName = "not_before" | "weekly" | "addresses" | "max_uses" | "rate";

/** One thing that a decision looks at. */
export interface StepRow {
  readonly step: "token" | ConditionName | "scope" | "domain" | "owner";
  /** What is said where it passes, of a token and of a session. */
  readonly passed: { readonly token: string; readonly session: string };
  /** `undefined`: it passes. */
  readonly test: (question: Question, findings: Findings) => Failure | undefined;
}

const token: StepRow = {
  step: "token",
  passed: { token: "the token is valid", session: "the session is valid" },
  test: ({ principal, circumstances }) => {
    if (principal.expiresAt <= circumstances.now) {
      return { because: "token_expired", detail: "the token has expired" };
    }
    return principal.kind === "session" && principal.mustVerify === true
      ? { because: "email_unverified", detail: "the user has not proven the email address" }
      : undefined;
  },
};

const scope: StepRow = {
  step: "scope",
  passed: { token: "a scope of the token covers it", session: "a session needs no scope" },
  test: ({ principal, row, target }, { scopeId }) => {
    if (principal.kind !== "token" || scopeId !== undefined) return undefined;
    const missingScope = { ...target, operation: row.name };
    const detail = `no scope covers ${scopeText(missingScope)} in domain ${target.domainId}`;
    return { because: "scope_missing", detail, missingScope };
  },
};

const domain: StepRow = {
  step: "domain",
  passed: { token: "the domain is open for this", session: "the domain is open for this" },
  test: ({ principal, row }, { authority: { domainStatus, isMember, isDomainAdmin } }) => {
    // Whoever is no member is told nothing of the domain, not even whether there is one: the next step refuses them.
    if (domainStatus === "enabled" || domainStatus === "unknown") return undefined;
    if (!principal.isAdmin && !isMember) return undefined;
    const isTrusted = principal.isAdmin || (domainStatus === "disabled" && isDomainAdmin);
    if (isTrusted && row.worksInDisabledDomain) return undefined;
    return { because: "domain_disabled", detail: `the domain is ${domainStatus}` };
  },
};

const owner: StepRow = {
  step: "owner",
  passed: { token: "the owner may do this now", session: "the owner may do this now" },
  test: ({ principal, row: { action } }, { authority: { domainStatus, isMember, actions } }) => {
    if (principal.isAdmin) return undefined;
    const isThere = isMember && domainStatus !== "unknown";
    if (isThere && (action === null || actions.has(action))) return undefined;
    const detail = `the owner has no role that allows ${action ?? "this"} on the object`;
    return { because: "owner_lacks_permission", detail };
  },
};

/** Asked of the token itself, whatever is wanted of which object; it is met where the token carries no such condition. */
interface ConditionRow {
  readonly step: ConditionName;
  readonly passed: string;
  readonly unmet: (
    conditions: CompiledConditions,
    circumstances: Circumstances,
  ) => Failure | undefined;
}

function condition(
  step: ConditionName,
  passed: string,
  unmet: ConditionRow["unmet"],
): ConditionRow {
  return { step, passed, unmet };
}

/** A condition is a step of the tokens that carry some. */
function asStep({ step, passed, unmet }: ConditionRow): StepRow {
  return {
    step,
    passed: { token: passed, session: passed },
    test: ({ principal, circumstances }) =>
      principal.kind === "token" && principal.conditions !== undefined
        ? unmet(principal.conditions, circumstances)
        : undefined,
  };
}

/** A time that came between counting and deciding opens nothing that was not counted. */
const cameTooEarly: Failure = {
  because: "condition_time",
  detail: "the token did not work yet when the request came; try again",
};

/** The conditions that a token carries, in the order in which they are looked at: a row each. */
const conditions: readonly ConditionRow[] = [
  condition("not_before", "the token is valid already", ({ notBefore }, { now }) => {
    if (notBefore === undefined || now >= notBefore) return undefined;
    const [from, present] = [notBefore, now].map((at) => new Date(at).toISOString());
    const detail = `the token is valid from ${from} on; it is ${present}`;
    return { because: "not_yet_valid", detail };
  }),
  condition("weekly", "the token works at this time", ({ weekly }, { now }) => {
    if (weekly === undefined || weekly.isOpen(now)) return undefined;
    const detail = `the token does not work at this time: it is ${weekly.localTime(now)}`;
    return { because: "condition_time", detail };
  }),
  condition("addresses", "the token works from this address", ({ admitsAddress }, { address }) => {
    if (admitsAddress === undefined) return undefined;
    if (address !== undefined && admitsAddress(address)) return undefined;
    const detail =
      address === undefined
        ? "the token works from some addresses only, and it is not known from where this comes"
        : `the token does not work from ${address}`;
    return { because: "condition_address", detail };
  }),
  condition("rate", "the token is not used too often", ({ rate }, { spending }) => {
    if (rate === undefined || spending === undefined) return undefined;
    const { waitMilliseconds, isCounted } = spending;
    if (!isCounted) return cameTooEarly;
    if (waitMilliseconds === 0) return undefined;
    const seconds = Math.ceil(waitMilliseconds / 1000);
    const detail = `the token may be used ${rate.limit} times in ${rate.perMilliseconds / 1000} s on each server; try again in ${seconds} s`;
    return { because: "rate_limited", detail, waitMilliseconds };
  }),
  condition("max_uses", "the token has uses left", ({ maxUses }, { spending }) => {
    if (maxUses === undefined || spending === undefined) return undefined;
    if (!spending.isCounted) return cameTooEarly;
    if (!spending.isExhausted) return undefined;
    const detail = `the token may be used ${maxUses} times, and none of them is left`;
    return { because: "token_exhausted", detail };
  }),
];

/** Every step in the order in which it is looked at; the first that fails decides. */
export const stepTable: readonly StepRow[] = [token, scope, domain, owner];

/** The same for tokens that carry conditions: others do not even pass by these. */
export const stepTableWithConditions: readonly StepRow[] = [
  token,
  ...conditions.map(asStep),
  scope,
  domain,
  owner,
];

/** Whether it matters where, when or how often it is used. */
export function hasConditions(principal: Principal): boolean {
  return principal.kind === "token" && principal.conditions !== undefined;
}

/** The first of its conditions that the principal does not meet, where nothing is asked of any object. */
export function findUnmetCondition({
  principal,
  circumstances,
}: Pick<Question, "principal" | "circumstances">): Failure | undefined {
  if (principal.kind !== "token" || principal.conditions === undefined) return undefined;
  for (const { unmet } of conditions) {
    const failure = unmet(principal.conditions, circumstances);
    if (failure !== undefined) return failure;
  }
  return undefined;
}
