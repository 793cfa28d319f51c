import { z } from "zod";
import { parseDuration } from "../duration.ts";
import { maximumCount, maximumLength } from "../limits.ts";
import { endpoint, listBodyBytes } from "../operation.ts";
import { page } from "../page.ts";
import { scopeWire } from "../scope.ts";
import {
  displayText,
  id as domainId,
  instant,
  nameFilter,
  oneOf,
  pageQuery,
  queryBoolean,
  requiredDisplayText,
  time,
} from "../wire.ts";

const session = { kind: "session" } as const;
const admin = { kind: "admin" } as const;
const tokenPath = "/pats/:tokenId";

const tokenName = requiredDisplayText(maximumLength.tokenName);
const description = displayText(maximumLength.tokenDescription, "several lines");
const duration = z
  .string()
  .describe("How long the token is valid: `24h`, `1h30m`, `30d`, `2w`")
  .max(maximumLength.duration);
/** A time from now on, to filter by. */
const timeSpan = z
  .string()
  .max(maximumLength.duration)
  .refine((text) => (parseDuration(text) ?? 0) > 0, { error: "must be positive, like 24h or 30d" });
/** How long a token is valid, or until when: one of the two. */
const lifetime = {
  duration: duration.optional(),
  expires_at: instant.optional().describe("Instead of `duration`: when it is no longer valid"),
};
const scopes = z.array(scopeWire).max(maximumCount.scopes);

const tokenStatus = oneOf(["active", "revoked", "expired"]);
const because = z.string().describe("The code of the error");
const missingScope = scopeWire.describe("The smallest scope that would have helped");

/** A personal access token without its secret. */
const tokenReply = z.object({
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
  ends_with: z
    .string()
    .describe(
      "The last four characters of its text; empty for one that was made before they were kept",
    ),
});

const tokenWithSecret = tokenReply.extend({
  secret: z.string().describe("The token itself; shown in this reply only"),
});

const scopeItem = scopeWire.extend({
  id: z.string(),
  pat_id: z.string(),
  entity_name: z.string().optional().describe("While the owner may view the object"),
  domain_name: z.string().optional(),
  last_used_at: time,
  use_count: z.int(),
});

/** What an administrator who was given a token is told of it: nothing of its secret, and not what it may do. */
const foundToken = z.object({
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

const wholeToken = z.object({
  token: z
    .string()
    .max(maximumLength.wholeToken)
    .trim()
    .min(1, { error: "must not be empty" })
    .meta({ format: "password", description: "The whole token, as it was found" }),
});

const usageCounts = { uses: z.int().describe("Without what was refused"), refused: z.int() };
const usageTimes = { last_used_at: time, last_refused_at: time };

const dailyUse = z.object({
  days: z.array(z.object({ day: z.string().describe("UTC, YYYY-MM-DD"), ...usageCounts })),
});

const tokenUsage = dailyUse.extend({
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
      "With `by=operation`. A request about many objects counts for each; a question to `/authorize` as the use that it asks about",
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
    .describe("With `by=object`: the 100 that were used last"),
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
  gaps: z
    .array(
      z.object({
        from: time,
        to: time,
        uses: z.int().optional().describe("How many; absent where nobody knows"),
      }),
    )
    .describe("Times for which some uses of this or other tokens are not counted"),
});

const ofDomain = domainId.optional().describe("Only tokens with a scope in this domain, or on it");

const days = z.int().min(1).max(366).default(30);

export const tokenEndpoints = [
  endpoint({
    id: "tokens.create",
    method: "POST",
    path: "/pats",
    summary: "Create a personal access token",
    access: session,
    body: z.object({
      name: tokenName,
      description: description.default(""),
      ...lifetime,
      scopes: scopes.default([]),
    }),
    maximumBodyBytes: listBodyBytes,
    reply: tokenWithSecret,
    status: 201,
  }),
  endpoint({
    id: "tokens.list",
    method: "GET",
    path: "/pats",
    summary: "List your personal access tokens",
    access: session,
    query: pageQuery.extend({
      limit: z.int().min(0).max(maximumCount.pageItems).default(10),
      name: nameFilter.optional(),
      id: z.string().optional().describe("Exactly this id"),
      status: oneOf(["active", "revoked", "expired", "all"]).default("active"),
      expires_within: timeSpan
        .optional()
        .describe("Only those that are still valid and end within this time: `7d`"),
      unused_for: timeSpan
        .optional()
        .describe(
          "Only those that were not shown for so long, or never since they were made: `30d`",
        ),
      domain: ofDomain,
      order: oneOf(["name", "issued_at", "expires_at", "last_used_at"]).default("issued_at"),
      dir: oneOf(["asc", "desc"]).default("desc"),
      only_total: queryBoolean.default(false),
    }),
    reply: page("pats", tokenReply),
    status: 200,
  }),
  endpoint({
    id: "tokens.delete_all",
    method: "DELETE",
    path: "/pats",
    summary: "Delete all your personal access tokens",
    access: session,
    takesRightsAway: true,
    status: 200,
  }),
  endpoint({
    id: "tokens.usage_of_all",
    method: "GET",
    path: "/pats/usage",
    summary: "How often your tokens were used, day by day",
    access: session,
    query: z.object({ days, domain: ofDomain }),
    reply: dailyUse,
    status: 200,
  }),
  endpoint({
    id: "tokens.end_self",
    method: "DELETE",
    path: "/pats/self",
    summary: "End the token that is the bearer, for whoever holds it",
    access: { kind: "token_self", evenIfUseless: true },
    takesRightsAway: true,
    status: 204,
  }),
  endpoint({
    id: "tokens.lookup",
    method: "POST",
    path: "/admin/tokens/lookup",
    summary: "Find whose token this is, for administrators who were given it",
    access: admin,
    body: wholeToken,
    reply: foundToken,
    status: 200,
  }),
  endpoint({
    id: "tokens.revoke_found",
    method: "POST",
    path: "/admin/tokens/revoke",
    summary: "Revoke the token that was found, whoever its owner is",
    access: admin,
    body: wholeToken,
    reply: foundToken,
    takesRightsAway: true,
    status: 200,
  }),
  endpoint({
    id: "tokens.view",
    method: "GET",
    path: tokenPath,
    summary: "View a personal access token",
    access: session,
    reply: tokenReply,
    status: 200,
  }),
  endpoint({
    id: "tokens.usage",
    method: "GET",
    path: `${tokenPath}/usage`,
    summary: "How often the token was used, day by day, by operation, object or address",
    access: session,
    query: z.object({ days, by: oneOf(["day", "operation", "object", "address"]).default("day") }),
    reply: tokenUsage,
    status: 200,
  }),
  endpoint({
    id: "tokens.update_name",
    method: "PATCH",
    path: `${tokenPath}/name`,
    summary: "Rename the token",
    access: session,
    body: z.object({ name: tokenName }),
    reply: tokenReply,
    status: 202,
  }),
  endpoint({
    id: "tokens.update_description",
    method: "PATCH",
    path: `${tokenPath}/description`,
    summary: "Change or clear the description",
    access: session,
    body: z.object({ description }),
    reply: tokenReply,
    status: 202,
  }),
  endpoint({
    id: "tokens.delete",
    method: "DELETE",
    path: tokenPath,
    summary: "Delete the token",
    access: session,
    takesRightsAway: true,
    status: 204,
  }),
  endpoint({
    id: "tokens.regenerate",
    method: "PATCH",
    path: `${tokenPath}/secret/reset`,
    summary: "Make a new secret; name, description and scopes stay",
    access: session,
    body: z.object(lifetime),
    reply: tokenWithSecret,
    takesRightsAway: true,
    status: 200,
  }),
  endpoint({
    id: "tokens.extend",
    method: "PATCH",
    path: `${tokenPath}/expiry`,
    summary:
      "Let a token that is valid end later; its secret stays, and gets no older than allowed",
    access: session,
    body: z.object(lifetime),
    reply: tokenReply,
    status: 200,
  }),
  endpoint({
    id: "tokens.revoke",
    method: "PATCH",
    path: `${tokenPath}/secret/revoke`,
    summary: "Revoke the token",
    access: session,
    takesRightsAway: true,
    status: 204,
  }),
  endpoint({
    id: "tokens.restore",
    method: "PATCH",
    path: `${tokenPath}/secret/restore`,
    summary: "Let a token work again that was revoked because you were disabled",
    access: session,
    reply: tokenReply,
    status: 200,
  }),
  endpoint({
    id: "tokens.add_scopes",
    method: "PATCH",
    path: `${tokenPath}/scope/add`,
    summary: "Add scopes: all of them or none",
    access: session,
    body: z.object({ scopes: scopes.min(1, { error: "must not be empty" }) }),
    maximumBodyBytes: listBodyBytes,
    status: 200,
  }),
  endpoint({
    id: "tokens.list_scopes",
    method: "GET",
    path: `${tokenPath}/scope`,
    summary: "List the token's scopes",
    access: session,
    query: pageQuery.extend({ limit: z.int().min(0).max(maximumCount.pageItems).default(10) }),
    reply: page("scopes", scopeItem),
    status: 200,
  }),
  endpoint({
    id: "tokens.remove_scopes",
    method: "PATCH",
    path: `${tokenPath}/scope/remove`,
    summary: "Remove scopes by their ids",
    access: session,
    body: z.object({
      scopes_id: z
        .array(z.string())
        .min(1, { error: "must not be empty" })
        .max(maximumCount.scopes),
    }),
    takesRightsAway: true,
    status: 200,
  }),
  endpoint({
    id: "tokens.clear_scopes",
    method: "DELETE",
    path: `${tokenPath}/scope`,
    summary: "Remove all scopes",
    access: session,
    takesRightsAway: true,
    status: 200,
  }),
] as const;
