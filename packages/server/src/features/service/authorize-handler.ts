import {
  AppError,
  type Catalogue,
  type decisionQuestion,
  type Operation,
  readWireTime,
  type serviceEndpoints,
  type Target,
} from "@tessera/contract";
import type { z } from "zod";
import type { Decision } from "../../access/decide.ts";
import type { Principal, TokenPrincipal } from "../../access/principal.ts";
import { readQuestion, verdictOf } from "../../http/decision-question.ts";
import type { Handlers } from "../../http/endpoint-handlers.ts";
import type { Decide, Use } from "../../http/guard.ts";
import { nextTurn } from "../../http/in-turns.ts";
import { andThen } from "../../http/maybe-promise.ts";
import type { SpendUse } from "../../http/spend-use.ts";
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
  readonly hear: (answered: Answered) => void;
}

interface Answered {
  readonly row: Operation;
  readonly target: Target;
  readonly decision: Decision;
}

/** Then others are answered in between. */
const questionsInARow = 50;

/** Answers services that do not live in this process whether the bearer may do something. */
export function authorizeHandler(
  catalogue: Catalogue,
  decide: Decide,
  tokenUses: TokenUseListener,
  spendUse: SpendUse,
): Handlers<AuthorizeEndpoint> {
  const authorize: Handlers<AuthorizeEndpoint>["service.authorize"] = (call) => {
    const { principal, query, body, request } = call;
    const { address: ip } = call.actor;
    const hearOfOneOfMany = (answered: Answered) => {
      if (principal.kind === "token") hearOfAnswer(principal, answered, ip);
    };
    if (Array.isArray(body)) {
      return answerAll({ principal, ip, hear: hearOfOneOfMany }, body, query.explain);
    }
    const hear = (answered: Answered) => {
      // The one use of the request is counted with it.
      if (answered.decision.allowed) request.uses = [useOf(answered, answered.decision.scopeId)];
      else hearOfOneOfMany(answered);
    };
    return answer({ principal, ip, hear }, body, query.explain, "");
  };
  return {
    "service.authorize": Object.assign(authorize, { revalidation: { via: "service" } as const }),
  };

  async function answerAll(from: Asker, questions: readonly Question[], isExplained: boolean) {
    const answers = [];
    for (const [index, question] of questions.entries()) {
      if (index > 0 && index % questionsInARow === 0) await nextTurn();
      answers.push(await answer(from, question, isExplained, `${index}.`));
    }
    return answers;
  }

  /** Without a promise where all is known. */
  function answer(
    { principal, ip, hear }: Asker,
    question: Question,
    isExplained: boolean,
    at: string,
  ) {
    const { row, target } = readQuestion(catalogue, question, at);
    const { address, time } = question.context ?? {};
    const now = readTime(time, isExplained, at);
    const spent = principal.kind === "token" ? spendUse(principal, address, ip) : undefined;
    return andThen(spent, (spending) => {
      const circumstances = { address, via: "service", spending } as const;
      return andThen(decide({ principal, row, target, circumstances }), (decision) => {
        hear({ row, target, decision });
        const told = {
          ...question,
          ...verdictOf(decision, isExplained),
          bearer: toBearer(principal),
        };
        if (time === undefined || now === undefined) return told;
        const then = { address, via: "service", now } as const;
        return andThen(decide({ principal, row, target, circumstances: then }), (made) => ({
          ...told,
          at_time: { time, ...verdictOf(made, true) },
        }));
      });
    });
  }

  /** Another time is for looking: what is allowed is always told of now. */
  function readTime(
    time: string | undefined,
    isExplained: boolean,
    at: string,
  ): number | undefined {
    if (time === undefined) return undefined;
    if (isExplained) return readWireTime(time) ?? undefined;
    const field = `${at}context.time`;
    throw new AppError("invalid_body", `${field}: is for questions with explain=true`, { field });
  }

  /** What the service does then is not seen here: a question counts as the use that it asks about. */
  function hearOfAnswer(principal: TokenPrincipal, answered: Answered, address: string): void {
    const { decision } = answered;
    if (decision.allowed) {
      tokenUses.allowed(principal, [useOf(answered, decision.scopeId)], address);
    } else {
      const { row, target } = answered;
      tokenUses.refused(
        principal,
        { operation: row.id, target, because: decision.because },
        address,
      );
    }
  }
}

function useOf({ row, target }: Answered, scopeId: string | undefined): Use {
  return { operation: row.id, target, scopeId };
}

function toBearer(principal: Principal) {
  const { kind, userId } = principal;
  if (kind === "session") return { kind, user_id: userId };
  return { kind, user_id: userId, token_id: principal.tokenId, owner_id: userId };
}
