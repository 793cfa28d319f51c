import { setImmediate } from "node:timers/promises";
import {
  AppError,
  type Catalogue,
  type decisionQuestion,
  isScopeProblem,
  type Operation,
  type serviceEndpoints,
  type Target,
  toWireScope,
} from "@tessera/contract";
import type { z } from "zod";
import type { Decision } from "../../access/decide.ts";
import type { Principal, TokenPrincipal } from "../../access/principal.ts";
import type { Handlers } from "../../http/endpoint-handlers.ts";
import type { Decide } from "../../http/guard.ts";
import { andThen } from "../../http/maybe-promise.ts";
import type { TokenUseListener } from "../../http/token-uses.ts";

type AuthorizeEndpoint = Extract<
  (typeof serviceEndpoints)[number],
  { readonly id: "service.authorize" }
>;
type Question = z.output<typeof decisionQuestion>;

/** Whose credential it is, and which service asks. */
interface Asker {
  readonly principal: Principal;
  /** The address of the service. */
  readonly ip: string;
}

/** Then others are answered in between. */
const questionsInARow = 50;

/** Answers services that do not live in this process whether the bearer may do something. */
export function authorizeHandler(
  catalogue: Catalogue,
  decide: Decide,
  tokenUses: TokenUseListener,
): Handlers<AuthorizeEndpoint> {
  return {
    "service.authorize": ({ principal, query, body, request: { ip } }) => {
      const from = { principal, ip };
      return Array.isArray(body)
        ? answerAll(from, body, query.explain)
        : answer(from, body, query.explain, "");
    },
  };

  async function answerAll(from: Asker, questions: readonly Question[], isExplained: boolean) {
    const answers = [];
    for (const [index, question] of questions.entries()) {
      if (index > 0 && index % questionsInARow === 0) await setImmediate();
      answers.push(await answer(from, question, isExplained, `${index}.`));
    }
    return answers;
  }

  /** Without a promise where all is known. */
  function answer({ principal, ip }: Asker, question: Question, isExplained: boolean, at: string) {
    const read = catalogue.readScope(question);
    if (isScopeProblem(read)) {
      const field = `${at}${read.member}`;
      throw new AppError(read.code, `${field}: ${read.message}`, { field });
    }
    const row = catalogue.findOperation(`${read.entityType}.${read.operation}`);
    if (row === undefined) throw new AppError("unknown_operation");
    const { domainId, entityType, entityId } = read;
    const target = { domainId, entityType, entityId };
    const circumstances = { address: undefined, via: "service" } as const;
    return andThen(decide({ principal, row, target, circumstances }), (decision) => {
      if (principal.kind === "token") hearOfAnswer(principal, { row, target, decision }, ip);
      return {
        ...question,
        allowed: decision.allowed,
        ...(decision.allowed ? {} : refusalOf(decision)),
        ...(isExplained ? { steps: [...decision.steps] } : {}),
        bearer: toBearer(principal),
      };
    });
  }

  /** What the service does then is not seen here: a question counts as the use that it asks about. */
  function hearOfAnswer(
    principal: TokenPrincipal,
    { row, target, decision }: { row: Operation; target: Target; decision: Decision },
    address: string,
  ): void {
    const use = { operation: row.id, target };
    if (decision.allowed) {
      tokenUses.allowed(principal, [{ ...use, scopeId: decision.scopeId }], address);
    } else {
      tokenUses.refused(principal, { ...use, because: decision.because }, address);
    }
  }
}

function toBearer(principal: Principal) {
  const { kind, userId } = principal;
  if (kind === "session") return { kind, user_id: userId };
  return { kind, user_id: userId, token_id: principal.tokenId, owner_id: userId };
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
