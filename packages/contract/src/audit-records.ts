import { z } from "zod";
import { id, instant, oneOf, text, time } from "./wire.ts";

const wanted = text(100).optional();

/** What lists of audit records are narrowed by. */
export const auditQuery = z.object({
  actor: id.optional().describe("Only what this user did, also by tokens"),
  token: id.optional().describe("Only what was done with this token"),
  operation: wanted.describe("Only this: `clients.update_tags`"),
  object: wanted.describe("Only what happened to the object with this id"),
  outcome: oneOf(["allowed", "refused", "failed"]).optional(),
  address: wanted.describe("Only from this address"),
  from: instant.optional().describe("Only at this time or later"),
  to: instant.optional().describe("Only before this time"),
  after: text(200).optional().describe("`next` of the page before"),
  limit: z.int().min(1).max(100).default(50),
  format: oneOf(["json", "jsonl", "csv", "ocsf", "cef"])
    .default("json")
    .describe(
      "Otherwise all of it is streamed: as JSON lines exactly as stored, which can be verified; as CSV for a spreadsheet; as JSON lines of OCSF 1.6.0; as lines of CEF. Such a reading is recorded itself",
    ),
});

/** What `format` asks for besides JSON. */
export const auditStreamTypes = ["application/jsonl", "text/csv", "text/plain"] as const;

const value = z.union([z.string(), z.number(), z.boolean(), z.array(z.string()), z.null()]);

const auditRecord = z.object({
  id,
  at: time,
  operation: z.string().describe("The event: mostly the operation that was asked for"),
  outcome: z.string(),
  reason: z
    .string()
    .optional()
    .describe(
      "The error code of a refusal; `wrong_secret` and `session_ended` are told here alone",
    ),
  count: z.int().describe("How often it was refused in that moment; else 1"),
  actor: z.object({
    kind: z
      .string()
      .describe(
        "`session`, `token`, `system` or `anonymous`: then `user_id` is at most whose token was named",
      ),
    user_id: z.string().optional(),
    user_name: z.string().optional(),
    token_id: z.string().optional(),
    token_name: z.string().optional().describe("Of your own tokens"),
    session_id: z.string().optional(),
  }),
  domain_id: z.string().optional(),
  object: z.object({ type: z.string(), id: z.string() }),
  address: z.string().optional(),
  request_id: z.string().optional(),
  changed: z
    .array(z.object({ field: z.string(), before: value, after: value }))
    .describe("Before and after; never a secret"),
  details: z.record(z.string(), z.unknown()),
  chain: z.string().optional().describe("Absent: older than the chains"),
  seq: z.int().optional(),
  hash: z.string().optional().describe("Of the entry in its chain, as exports have it"),
});

export const auditPage = z.object({
  records: z.array(auditRecord),
  next: z.string().optional().describe("For `after`; absent: there are no more"),
});
