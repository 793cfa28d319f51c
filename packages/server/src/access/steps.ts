import { type ErrorCode, type Scope, scopeText } from "@tessera/contract";
import type { Authority } from "./authority.ts";
import type { Question } from "./question.ts";

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
}

/** One thing that a decision looks at. */
export interface StepRow {
  readonly step: "token" | "scope" | "domain" | "owner";
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
      ? { because: "email_unverified", detail: "the user has not proven the e-mail address" }
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

/** Further conditions that a token carries, such as from where or when it works: a row each. */
const conditions: readonly StepRow[] = [];

/** Every step in the order in which it is looked at; the first that fails decides. */
export const stepTable: readonly StepRow[] = [token, ...conditions, scope, domain, owner];
