import {
  AppError,
  type Catalogue,
  type decisionQuestion,
  type Operation,
  readWireTime,
  type serviceEndpoints,
  type Target,
} from "@tessera/contract";
import type { FastifyRequest } from "fastify";
import type { z } from "zod";
import type { Decision } from "../../access/decide.ts";
import type { Principal, TokenPrincipal } from "../../access/principal.ts";
import type { Spending } from "../../access/question.ts";
import type { Takings } from "../../access/takings.ts";
import { readQuestion, verdictOf } from "../../http/decision-question.ts";
import type { Handlers } from "../../http/endpoint-handlers.ts";
import type { Decide, Use } from "../../http/guard.ts";
import { nextTurn } from "../../http/in-turns.ts";
import { andThen, type MaybePromise } from "../../http/maybe-promise.ts";
import type { SpendUse } from "../../http/spend-use.ts";
import type { TokenUseListener } from "../../http/token-uses.ts";

type AuthorizeEndpoint = Extract<
  (typeof serviceEndpoints)[number],
  { readonly id: "service.authorize" }
>;
type Question = z.output<typeof decisionQuestion>;

export interface AuthorizeDeps {
  readonly catalogue: Catalogue;
  readonly decide: Decide;
  readonly tokenUses: TokenUseListener;
  readonly spendUse: SpendUse;
  readonly takings: Takings;
}

/** Whose credential it is, and which service asks. */
interface Asker {
  readonly request: FastifyRequest;
  readonly principal: Principal;
  /** The address of the service. */
  readonly ip: string;
  readonly isExplained: boolean;
}

interface Asked {
  readonly question: Question;
  /** Its number in the batch, or 0. */
  readonly index: number;
  /** Where it is in the body. */
  readonly at: string;
}

interface Verdict {
  readonly row: Operation;
  readonly target: Target;
  readonly decision: Decision;
}

/** Then others are answered in between. */
const questionsInARow = 50;

/** Answers services that do not live in this process whether the bearer may do something. */
export function authorizeHandler(deps: AuthorizeDeps): Handlers<AuthorizeEndpoint> {
  const { catalogue, decide, tokenUses, takings } = deps;
  /** By the numbers of a request's questions: each is spent once, however often it is decided. */
  const spendings = new WeakMap<FastifyRequest, Map<number, Spending>>();

  const authorize: Handlers<AuthorizeEndpoint>["service.authorize"] = (call) => {
    const { principal, query, body, actor, request } = call;
    const asker = { request, principal, ip: actor.address, isExplained: query.explain };
    return Array.isArray(body) ? answerAll(asker, body) : answerOne(asker, body);
  };
  return {
    "service.authorize": Object.assign(authorize, { revalidation: { via: "service" } as const }),
  };

  /** Without a promise where all is known. */
  function answerOne(asker: Asker, question: Question) {
    const before = takings.now();
    const asked = { question, index: 0, at: "" };
    return andThen(answer(asker, asked), (first) => {
      const answers = [first];
      const renewed = takings.now() === before ? undefined : renew(asker, [asked], answers, before);
      return andThen(renewed, () => {
        const [only = first] = answers;
        hearLater(asker, [only]);
        return only.told;
      });
    });
  }

  async function answerAll(asker: Asker, questions: readonly Question[]) {
    const before = takings.now();
    const asked = questions.map((question, index) => ({ question, index, at: `${index}.` }));
    const answers: Answer[] = [];
    for (const one of asked) {
      if (one.index > 0 && one.index % questionsInARow === 0) await nextTurn();
      answers.push(await answer(asker, one));
    }
    await renew(asker, asked, answers, before);
    hearLater(asker, answers);
    return answers.map(({ told }) => told);
  }

  type Answer = Awaited<ReturnType<typeof answer>>;

  /**
   * Answers those again that were allowed and about whose domains something was taken away since then. Once: where others
   * never stop changing something, each answer was true after it was asked for, and all of them come soon.
   */
  async function renew(
    asker: Asker,
    asked: readonly Asked[],
    answers: Answer[],
    before: number,
  ): Promise<void> {
    const allowed = asked.filter(({ index }) => answers[index]?.decision.allowed === true);
    for (const [position, one] of findStale(allowed, before).entries()) {
      if (position % questionsInARow === questionsInARow - 1) await nextTurn();
      answers[one.index] = await answer(asker, one);
    }
  }

  function findStale(asked: readonly Asked[], since: number): readonly Asked[] {
    if (takings.now() === since) return [];
    const domains = new Set(asked.map(({ question }) => question.domain_id));
    const stale = new Set(
      [...domains].filter((id) => takings.since(since, [{ kind: "domain", id }])),
    );
    return asked.filter(({ question }) => stale.has(question.domain_id));
  }

  function answer(asker: Asker, { question, index, at }: Asked) {
    const { principal, isExplained } = asker;
    const { row, target } = readQuestion(catalogue, question, at);
    const { address, time } = question.context ?? {};
    const now = readTime(time, isExplained, at);
    const spent = principal.kind === "token" ? spend(asker, principal, index, address) : undefined;
    return andThen(spent, (spending) => {
      const circumstances = { address, via: "service", spending } as const;
      return andThen(decide({ principal, row, target, circumstances }), (decision) => {
        const bearer = toBearer(principal);
        const told = { ...question, ...verdictOf(decision, isExplained), bearer };
        if (time === undefined || now === undefined) return { row, target, decision, told };
        const then = { address, via: "service", now } as const;
        return andThen(decide({ principal, row, target, circumstances: then }), (made) => {
          const atTime = { time, ...verdictOf(made, true) };
          return { row, target, decision, told: { ...told, at_time: atTime } };
        });
      });
    });
  }

  function spend(
    { request, ip }: Asker,
    principal: TokenPrincipal,
    index: number,
    address: string | undefined,
  ): MaybePromise<Spending | undefined> {
    const known = spendings.get(request)?.get(index);
    if (known !== undefined) return known;
    return andThen(deps.spendUse(principal, address, ip), (spending) => {
      if (spending === undefined) return undefined;
      const ofRequest = spendings.get(request) ?? new Map<number, Spending>();
      spendings.set(request, ofRequest.set(index, spending));
      return spending;
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

  /**
   * What the service does then is not seen here: a question counts as the use that it asks about, once its answer is
   * given.
   */
  function hearLater({ request, principal, ip }: Asker, verdicts: readonly Verdict[]): void {
    if (principal.kind !== "token") return;
    const [only, ...others] = verdicts;
    request.hearOfAnswer = () => {
      if (others.length === 0 && only?.decision.allowed === true) {
        // The one use of the request is counted with it.
        request.uses = [useOf(only, only.decision.scopeId)];
        return;
      }
      for (const verdict of verdicts) {
        const { row, target, decision } = verdict;
        if (decision.allowed) {
          tokenUses.allowed(principal, [useOf(verdict, decision.scopeId)], ip);
        } else {
          const { because } = decision;
          tokenUses.refused(principal, { operation: row.id, target, because }, ip);
        }
      }
    };
  }
}

function useOf({ row, target }: Verdict, scopeId: string | undefined): Use {
  return { operation: row.id, target, scopeId };
}

function toBearer(principal: Principal) {
  const { kind, userId } = principal;
  if (kind === "session") return { kind, user_id: userId };
  return { kind, user_id: userId, token_id: principal.tokenId, owner_id: userId };
}
