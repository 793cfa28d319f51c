import { z } from "zod";
import { catalogueReply } from "../catalogue.ts";
import { maximumCount } from "../limits.ts";
import { endpoint, listBodyBytes } from "../operation.ts";
import { time } from "../wire.ts";
import { decisionAnswer, decisionQuestion } from "./decision-schemas.ts";

const anyone = { kind: "anyone" } as const;

/** How work that one of the servers does now and then went, wherever it ran last. */
const jobState = z.object({
  name: z.string(),
  running: z.boolean(),
  last_started_at: time,
  last_success_at: time,
  last_duration_milliseconds: z.int().optional(),
  last_result: z.string().optional().describe("What it did"),
  last_error: z.string().optional().describe("Of the last run, where it failed"),
  failures: z.int().describe("Since the last success"),
  due_at: time,
});

export const serviceEndpoints = [
  endpoint({
    id: "service.health",
    method: "GET",
    path: "/health",
    summary: "Tell that the process is up",
    access: anyone,
    reply: z.object({
      status: z.literal("pass"),
      version: z.string(),
      commit: z.string(),
      description: z.string(),
      build_time: z.string(),
      instance_id: z.string(),
    }),
    status: 200,
  }),
  endpoint({
    id: "service.ready",
    method: "GET",
    path: "/ready",
    summary:
      "Tell whether requests can be served: the database answers, and the server is not stopping",
    access: anyone,
    reply: z.object({
      status: z.literal("pass"),
      jobs: z
        .array(jobState)
        .optional()
        .describe("Only to platform administrators who are signed in"),
    }),
    status: 200,
  }),
  endpoint({
    id: "service.instance",
    method: "GET",
    path: "/instance",
    summary: "What a sign-in page must know of this server",
    access: anyone,
    reply: z.object({
      name: z.string(),
      version: z.string(),
      self_registration: z.boolean(),
      password_rule: z
        .string()
        .describe(
          "A regular expression. Besides, a password must not be its owner's username or email address, nor one of the most common ones",
        ),
      max_token_lifetime_seconds: z.int(),
      public_url: z.string(),
      sends_mail: z
        .boolean()
        .describe("Otherwise only an administrator helps who forgot a password"),
      requires_verified_email: z
        .boolean()
        .describe("Who has not verified the email address can do no more than verify it"),
    }),
    status: 200,
  }),
  endpoint({
    id: "service.catalogue",
    method: "GET",
    path: "/catalogue",
    summary: "Every entity type and operation that a scope can name",
    access: anyone,
    reply: catalogueReply,
    status: 200,
  }),
  endpoint({
    id: "service.authorize",
    method: "POST",
    path: "/authorize",
    summary: "Whether the bearer may do this, or each of up to 1,000 things; changes nothing",
    access: { kind: "bearer" },
    query: z.object({ explain: z.boolean().default(false) }),
    body: z.union([
      decisionQuestion,
      z.array(decisionQuestion).min(1, { error: "must not be empty" }).max(maximumCount.questions),
    ]),
    maximumBodyBytes: listBodyBytes,
    reply: z.union([decisionAnswer, z.array(decisionAnswer)]),
    status: 200,
  }),
] as const;
