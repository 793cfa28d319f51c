import type { ErrorCode, Scope } from "@tessera/contract";
import type { Authority } from "./authority.ts";
import { findCoveringScope } from "./compiled-scopes.ts";
import type { Principal } from "./principal.ts";
import type { Question } from "./question.ts";
import {
  type Failure,
  type Findings,
  findUnmetCondition,
  hasConditions,
  type StepRow,
  stepTable,
  stepTableWithConditions,
} from "./steps.ts";

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
  /** When to try again, in milliseconds from now. */
  readonly waitMilliseconds?: number;
}

export type Decision = Allowed | Refused;

interface StepTable {
  readonly rows: readonly StepRow[];
  readonly passed: Readonly<Record<Principal["kind"], readonly Step[]>>;
}

// Made once, because the steps of an allowed request are always the same.
const tableWithoutConditions = withPassedSteps(stepTable);
const tableWithConditions = withPassedSteps(stepTableWithConditions);

/**
 * Whether the principal may do it now, by the steps of {@link stepTable}, and its conditions. Enforcing and explaining are this one call;
 * `authority` is what the owner may do with the target.
 */
export function decide(question: Question, authority: Authority): Decision {
  const { principal, row, target } = question;
  const scopeId =
    principal.kind === "token" ? findCoveringScope(principal.scopes, row.id, target) : undefined;
  const findings = { authority, scopeId };
  // The order matters only for which step refuses: what is allowed passes all of them.
  for (const { test } of stepTable) {
    if (test(question, findings) !== undefined) return refuseBy(question, findings);
  }
  if (findUnmetCondition(question) !== undefined) return refuseBy(question, findings);
  const steps = tableOf(principal).passed[principal.kind];
  return scopeId === undefined ? { allowed: true, steps } : { allowed: true, steps, scopeId };
}

const tableOf = (principal: Principal) =>
  hasConditions(principal) ? tableWithConditions : tableWithoutConditions;

/** By the first step that fails. */
function refuseBy(question: Question, findings: Findings): Refused {
  const { rows, passed } = tableOf(question.principal);
  for (const [index, { step, test }] of rows.entries()) {
    const failure = test(question, findings);
    if (failure === undefined) continue;
    return refuse(passed[question.principal.kind].slice(0, index), step, failure);
  }
  throw new Error("a step that failed passes now");
}

function refuse(
  before: readonly Step[],
  step: Step["step"],
  { because, detail, missingScope, waitMilliseconds }: Failure,
): Refused {
  return {
    allowed: false,
    because,
    steps: [...before, { step, passed: false, detail }],
    ...(missingScope === undefined ? {} : { missingScope }),
    ...(waitMilliseconds === undefined ? {} : { waitMilliseconds }),
  };
}

function withPassedSteps(rows: readonly StepRow[]): StepTable {
  const toSteps = (kind: Principal["kind"]) =>
    rows.map(({ step, passed }) => ({ step, passed: true, detail: passed[kind] }));
  return { rows, passed: { token: toSteps("token"), session: toSteps("session") } };
}
