import {
  AppError,
  type Catalogue,
  isScopeProblem,
  type Operation,
  type ScopeWire,
  type Target,
  toWireScope,
} from "@tessera/contract";
import type { Decision } from "../access/decide.ts";

/** An operation on an object, as a question on the wire names it. `at`: where it stands in the body, with a dot. */
export function readQuestion(
  catalogue: Catalogue,
  question: ScopeWire,
  at: string,
): { readonly row: Operation; readonly target: Target } {
  const read = catalogue.readScope(question);
  if (isScopeProblem(read)) {
    const field = `${at}${read.member}`;
    throw new AppError(read.code, `${field}: ${read.message}`, { field });
  }
  const row = catalogue.findOperation(`${read.entityType}.${read.operation}`);
  if (row === undefined) throw new AppError("unknown_operation");
  const { domainId, entityType, entityId } = read;
  return { row, target: { domainId, entityType, entityId } };
}

/** What the wire tells of a decision. */
export function verdictOf(decision: Decision, isExplained: boolean) {
  return {
    allowed: decision.allowed,
    ...(decision.allowed ? {} : refusalOf(decision)),
    ...(isExplained ? { steps: [...decision.steps] } : {}),
  };
}

function refusalOf(decision: Extract<Decision, { allowed: false }>) {
  return {
    because: decision.because,
    failed_step: decision.steps.at(-1)?.step ?? "",
    ...(decision.missingScope === undefined
      ? {}
      : { missing_scope: toWireScope(decision.missingScope) }),
  };
}
