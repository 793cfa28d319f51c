import { z } from "zod";
import { conditions } from "../conditions.ts";
import { parseDuration } from "../duration.ts";
import { maximumCount, maximumLength } from "../limits.ts";
import { page } from "../page.ts";
import { scopeWire } from "../scope.ts";
import { displayText, instant, oneOf, requiredDisplayText, time } from "../wire.ts";

export const tokenName = requiredDisplayText(maximumLength.tokenName);
export const description = displayText(maximumLength.tokenDescription, "several lines");
const duration = z
  .string()
  .describe("How long the token is valid: `24h`, `1h30m`, `30d`, `2w`")
  .max(maximumLength.duration);
/** A time from now on, to filter by. */
export const timeSpan = z
  .string()
  .max(maximumLength.duration)
  .refine((text) => (parseDuration(text) ?? 0) > 0, { error: "must be positive, like 24h or 30d" });
/** How long a token is valid, or until when: one of the two. */
export const lifetime = {
  duration: duration.optional(),
  expires_at: instant.optional().describe("Instead of `duration`: when it is no longer valid"),
};
export const scopes = z.array(scopeWire).max(maximumCount.scopes);

const tokenStatus = oneOf(["active", "revoked", "expired"]);
const because = z.string().describe("The code of the error");
const missingScope = scopeWire.describe("The smallest scope that would have helped");

export const rotation = z.object({
  cutover: oneOf(["first_use", "deadline", "now"])
    .default("first_use")
    .describe(
      "When the secret before dies. `first_use`: once the new one is used. `deadline`: after `overlap`. `now`: at once",
    ),
  overlap: z
    .string()
    .max(maximumLength.duration)
    .optional()
    .describe(
      "How long both work: with `first_use` the new one is discarded then unless it was used, with `deadline` the one before dies; 24h if not said",
    ),
  duration: duration
    .optional()
    .describe("How long the new secret is valid; as long as the token's first one if not said"),
  linger: z
    .string()
    .max(maximumLength.duration)
    .optional()
    .describe("With `first_use`: how long the one before works on after that; 0s if not said"),
});

const secretState = oneOf(["live", "pending", "retiring", "retired", "discarded"]).describe(
  "`pending`: nobody has used it yet. `retiring`: replaced, and works until `dies_at`. `retired`, `discarded`: works no more, after it was used or without",
);
const diesAt = time.describe(
  "`pending`: when it is discarded unless it was used. `retiring`: when it works no more. Else: since when it works no more",
);

const endsWith = z
  .string()
  .describe(
    "The last four characters of its text; empty for one that was made before they were kept",
  );

/** One of the secrets that a token has or had, without the secret itself. */
const secretReply = z.object({
  id: z.string(),
  state: secretState,
  created_at: time,
  expires_at: time,
  first_used_at: time,
  last_used_at: time,
  last_used_address: z.string(),
  dies_at: diesAt,
  ends_with: endsWith,
  tries: z
    .array(
      z.object({ address: z.string(), tries: z.int(), first_tried_at: time, last_tried_at: time }),
    )
    .optional()
    .describe("Of one that works no more: from where it is still tried; not in lists"),
});

export const onRetiredUse = oneOf(["report", "revoke"]);

/** A personal access token without its secret. */
export const tokenReply = z.object({
  id: z.string(),
  user_id: z.string(),
  name: z.string(),
  description: z.string(),
  status: tokenStatus,
  revoked: z.boolean().optional().describe("Present only when true"),
  restorable: z
    .boolean()
    .optional()
    .describe("Present only when true: revoked because its owner was disabled; see tokens.restore"),
  issued_at: time,
  expires_at: time,
  updated_at: time,
  last_used_at: time.describe("When it was shown last, also if it was refused then"),
  revoked_at: time,
  last_used_address: z.string(),
  use_count: z.int().describe("Without what was refused"),
  refused_count: z.int().describe("What was refused because a scope or a right was missing"),
  last_refusal: z
    .object({
      at: time,
      operation: z.string(),
      because,
      missing_scope: missingScope.optional(),
    })
    .optional()
    .describe("Absent while nothing was refused"),
  scopes_count: z.int(),
  starts_with: z.string().describe("How its text begins, to tell tokens apart: `pat_3Kdf`"),
  ends_with: endsWith,
  secrets: z.array(secretReply).describe("At most two work; the oldest first"),
  self_rotate: z.boolean().optional().describe("Present only when true; see tokens.rotate_self"),
  renew_until: time.optional().describe("Present only where `self_rotate` is"),
  on_retired_use: onRetiredUse,
  conditions: conditions.optional().describe("Present only where there are some"),
  uses_reserved: z
    .int()
    .optional()
    .describe(
      "Present only with `max_uses`: how many of them servers have taken; a few of these may not have been used",
    ),
});

export const tokenWithSecret = tokenReply.extend({
  secret: z.string().describe("The token itself; shown in this reply only"),
});

const scopeItem = scopeWire.extend({
  id: z.string(),
  pat_id: z.string(),
  entity_name: z.string().optional().describe("While the owner may view the object"),
  domain_name: z.string().optional(),
  last_used_at: time.describe("Unset: never"),
  use_count: z
    .int()
    .describe("A list that names no domain counts for each scope that opens a part of it"),
  uses_90d: z.int().describe("What it covers, in the last 90 days; 0: never in these"),
  uses_90d_is_minimum: z
    .boolean()
    .optional()
    .describe(
      "Present only when true: its operation was used on more objects a day than are counted one by one",
    ),
});

/** Scopes, and since when it is known of all of them how often they were used. */
export const scopePage = page("scopes", scopeItem).extend({
  uses_are_complete: z.boolean().describe("Whether every use of the last 90 days is counted"),
  uses_complete_since: time.describe("Since then every use is counted"),
});

/** What an administrator who was given a token is told of it: nothing of its secret, and not what it may do. */
export const foundToken = z.object({
  id: z.string(),
  name: z.string(),
  status: tokenStatus,
  issued_at: time,
  expires_at: time,
  revoked_at: time,
  last_used_at: time,
  owner: z.object({
    id: z.string(),
    username: z.string(),
    email: z.string(),
    status: oneOf(["enabled", "disabled", "deleted"]),
  }),
});

/** What a token is told of itself: nothing of who else uses it. */
export const ownToken = z.object({
  id: z.string(),
  name: z.string(),
  status: tokenStatus,
  owner: z.object({ id: z.string(), username: z.string() }),
  issued_at: time,
  expires_at: time,
  self_rotate: z.boolean(),
  renew_until: time.optional().describe("Present only where `self_rotate` is true"),
  secrets: z.array(
    z.object({
      id: z.string(),
      state: secretState,
      is_presented: z.boolean().describe("Whether it is the bearer of this request"),
      created_at: time,
      expires_at: time,
      dies_at: diesAt,
    }),
  ),
  scopes: z.array(scopeWire),
});

export const wholeToken = z.object({
  token: z
    .string()
    .max(maximumLength.wholeToken)
    .trim()
    .min(1, { error: "must not be empty" })
    .meta({ format: "password", description: "The whole token, as it was found" }),
});

const usageCounts = { uses: z.int().describe("Without what was refused"), refused: z.int() };
const usageTimes = { last_used_at: time, last_refused_at: time };

export const dailyUse = z.object({
  days: z.array(
    z.object({ day: z.string().describe("YYYY-MM-DD, of UTC or of `timezone`"), ...usageCounts }),
  ),
  timezone: z.string().optional().describe("Whose days these are, where it was asked for"),
  utc_before: z
    .string()
    .optional()
    .describe(
      "With `timezone`: the days before this one are of UTC, because only so much is kept of them. Hours are known of the last 35 days",
    ),
});

export const usageGaps = z.array(
  z.object({
    from: time,
    to: time,
    uses: z.int().optional().describe("How many; absent where nobody knows"),
  }),
);

export const tokenUsage = dailyUse.extend({
  operations: z
    .array(
      z.object({
        operation: z
          .string()
          .describe(
            "`<entity type>.<operation>`; of what asks for no operation the endpoint's operationId",
          ),
        ...usageCounts,
        ...usageTimes,
        because: because.optional().describe("Why it was refused last"),
        missing_scope: missingScope.optional(),
      }),
    )
    .optional()
    .describe(
      "With `by=operation`. A request about many objects counts for each; a question to `/authorize` as the use that it asks about. Counted by days of UTC: from the one in which the first day begins",
    ),
  objects: z
    .array(
      z.object({
        domain_id: z.string(),
        entity_type: z.string(),
        entity_id: z.string(),
        ...usageCounts,
        ...usageTimes,
      }),
    )
    .optional()
    .describe("With `by=object`: the 100 that were used last; from the same day as operations"),
  other_objects: z
    .object(usageCounts)
    .optional()
    .describe(
      "With `by=object`: all others together; beyond 200 a day they are not counted one by one",
    ),
  addresses: z
    .array(
      z.object({ address: z.string(), uses: z.int(), first_used_at: time, last_used_at: time }),
    )
    .optional()
    .describe("With `by=address`: the ten from which it was shown last, refused uses included"),
  gaps: usageGaps.describe("Times for which some uses of this or other tokens are not counted"),
});
