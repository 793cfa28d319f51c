import { setImmediate } from "node:timers/promises";
import { readWireTime, type tokenEndpoints } from "@tessera/contract";
import { compileScopes } from "../../../access/compiled-scopes.ts";
import type { SessionPrincipal, TokenPrincipal } from "../../../access/principal.ts";
import type { Deps } from "../../../deps.ts";
import { readQuestion, verdictOf } from "../../../http/decision-question.ts";
import type { Handlers } from "../../../http/endpoint-handlers.ts";
import type { Decide } from "../../../http/guard.ts";
import { readExpiry } from "../lifecycle/token-lifetime.ts";
import { readScopeList, requireAddition } from "../scopes/wanted-scopes.ts";
import { compileConditions } from "./compile-conditions.ts";
import { readConditions } from "./read-conditions.ts";

type DraftHandlers = Pick<Handlers<(typeof tokenEndpoints)[number]>, "tokens.explain_draft">;

/** Then others are answered in between. */
const questionsInARow = 50;

/** The handler that tells what a token would be allowed which is not made yet, by the decision about those that are. */
export function draftHandlers(deps: Deps, decide: Decide): DraftHandlers {
  const { config, catalogue, clock } = deps;

  return {
    "tokens.explain_draft": async ({ body, principal, actor: { address: ip } }) => {
      const draft = readDraft(body, principal);
      const answers = [];
      for (const [index, question] of body.questions.entries()) {
        if (index > 0 && index % questionsInARow === 0) await setImmediate();
        const { row, target } = readQuestion(catalogue, question, `questions.${index}.`);
        const { address = ip, time } = question.context ?? {};
        const now = readWireTime(time) ?? clock();
        const circumstances = { address, via: "route", now } as const;
        const decision = await decide({ principal: draft, row, target, circumstances });
        answers.push({ ...question, ...verdictOf(decision, true) });
      }
      const { admitsAddress = () => true } = draft.conditions ?? {};
      return { your_address: ip, your_address_works: admitsAddress(ip), answers };
    },
  };

  function readDraft(
    body: Parameters<DraftHandlers["tokens.explain_draft"]>[0]["body"],
    { userId, isAdmin }: SessionPrincipal,
  ): TokenPrincipal {
    const expiresAt = readExpiry(config, body, clock());
    const conditions = readConditions(body.conditions, { at: "conditions.", expiresAt });
    const { insert } = requireAddition([], readScopeList(deps, body.scopes));
    return {
      kind: "token",
      userId,
      isAdmin,
      expiresAt,
      tokenId: "",
      secretId: "",
      secretDigest: "",
      replyHeaders: {},
      scopes: compileScopes(insert.map((scope) => ({ ...scope, id: "" }))),
      conditions: conditions === undefined ? undefined : compileConditions(conditions),
    };
  }
}
