import type { ErrorCode, Scope } from "@tessera/contract";
import type { Authority } from "./authority.ts";
import { findCoveringScope } from "./compiled-scopes.ts";
import type { Principal } from "./principal.ts";
import type { Question } from "./question.ts";
import { type Failure, type StepRow, stepTable } from "./steps.ts";

/** One condition that was looked at, in order; the first that failed decides. */
export interface Step {
  readonly step: StepRow["step"];
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

// Made once, because the steps of an allowed request are always the same.
const passedSteps: Readonly<Record<Principal["kind"], readonly Step[]>> = {
  token: stepTable.map(({ step, passed }) => ({ step, passed: true, detail: passed.token })),
  session: stepTable.map(({ step, passed }) => ({ step, passed: true, detail: passed.session })),
};

/**
 * Whether the principal may do it now, by the steps of {@link stepTable}. Enforcing and explaining are this one call;
 * `authority` is what the owner may do with the target.
 */
export function decide(question: Question, authority: Authority): Decision {
  const { principal, row, target } = question;
  const scopeId =
    principal.kind === "token" ? findCoveringScope(principal.scopes, row.id, target) : undefined;
  const findings = { authority, scopeId };
  for (const [index, { step, test }] of stepTable.entries()) {
    const failure = test(question, findings);
    if (failure !== undefined) return refuse(principal, index, step, failure);
  }
  const steps = passedSteps[principal.kind];
  return scopeId === undefined ? { allowed: true, steps } : { allowed: true, steps, scopeId };
}

function refuse(
  { kind }: Principal,
  index: number,
  step: Step["step"],
  { because, detail, missingScope }: Failure,
): Refused {
  const steps = [...passedSteps[kind].slice(0, index), { step, passed: false, detail }];
  return missingScope === undefined
    ? { allowed: false, because, steps }
    : { allowed: false, because, steps, missingScope };
}
