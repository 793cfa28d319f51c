import { z } from "zod";
import { address } from "../conditions.ts";
import { type ErrorCode, errorTable } from "../errors.ts";
import { scopeWire } from "../scope.ts";
import { instant } from "../wire.ts";

const asked = {
  domain_id: z.string(),
  entity_type: z.string(),
  entity_id: z.string(),
  operation: z.string(),
};

/** A question to the decision API; `domains` objects are named by the domain's own id. */
export const decisionQuestion = z.object({
  ...asked,
  context: z
    .object({
      address: address
        .optional()
        .describe(
          "From where it is wanted. Not said: a token that works from some addresses only does not",
        ),
      time: instant
        .optional()
        .describe("With `explain`: also tell, in `at_time`, what the answer would be then"),
    })
    .optional()
    .describe("Under what circumstances it is wanted, as whoever asks knows them"),
});

const decisionStep = z.object({
  step: z.enum([
    "token",
    "not_before",
    "weekly",
    "addresses",
    "rate",
    "max_uses",
    "scope",
    "domain",
    "owner",
  ]),
  passed: z.boolean(),
  detail: z.string(),
});

/** Who presented the credential, for the service that was given it: what it does, it does in that name. */
const bearer = z.object({
  kind: z.enum(["session", "token"]),
  user_id: z.string().describe("Who has signed in, or the owner of the token"),
  token_id: z.string().optional().describe("Of a personal access token"),
  owner_id: z.string().optional().describe("Likewise: whose rights the token's are within"),
});

const verdict = {
  allowed: z.boolean(),
  because: z.enum(Object.keys(errorTable) as [ErrorCode, ...ErrorCode[]]).optional(),
  failed_step: z.string().optional(),
  missing_scope: scopeWire.optional(),
  steps: z.array(decisionStep).optional(),
};

/** Whether it is allowed, and if not, why and what would help. */
export const decisionAnswer = decisionQuestion.extend({
  ...verdict,
  at_time: z
    .object({ time: instant, ...verdict })
    .optional()
    .describe("What the answer would be at that time, if all else were as it is. It opens nothing"),
  bearer,
});

/** A question about a token that is not made yet. */
export const draftQuestion = z.object({
  ...asked,
  context: z
    .object({
      address: address.optional().describe("From where it would be wanted; from yours if not said"),
      time: instant.optional().describe("When it would be wanted; now if not said"),
    })
    .optional(),
});

export const draftAnswers = z.object({
  your_address: z.string().describe("From where this was asked"),
  your_address_works: z.boolean().describe("Whether the token would work from there"),
  answers: z.array(draftQuestion.extend(verdict)),
});
