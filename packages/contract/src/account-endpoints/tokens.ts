import { z } from "zod";
import { conditions, conditionsChange } from "../conditions.ts";
import { maximumCount, maximumLength } from "../limits.ts";
import { endpoint, listBodyBytes } from "../operation.ts";
import { page } from "../page.ts";
import { timezone } from "../timezone.ts";
import { id as domainId, instant, nameFilter, oneOf, pageQuery, queryBoolean } from "../wire.ts";
import { draftAnswers, draftQuestion } from "./decision-schemas.ts";
import {
  narrowedScopes,
  proposal,
  proposalWindow,
  restoredScopes,
} from "./right-sizing-schemas.ts";
import {
  dailyUse,
  description,
  foundToken,
  lifetime,
  onRetiredUse,
  ownToken,
  rotation,
  scopePage,
  scopes,
  timeSpan,
  tokenName,
  tokenReply,
  tokenUsage,
  tokenWithSecret,
  wholeToken,
} from "./token-schemas.ts";

const session = { kind: "session" } as const;
const admin = { kind: "admin" } as const;
const tokenPath = "/pats/:tokenId";

const ofDomain = domainId.optional().describe("Only tokens with a scope in this domain, or on it");

const days = z.int().min(1).max(366).default(30);

const ofTimezone = timezone
  .optional()
  .describe(
    "Days from midnight to midnight there, up to today, like `Europe/Berlin`; UTC where left out",
  );

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
      self_rotate: z
        .boolean()
        .default(false)
        .describe("Whether the token may make itself a new secret; see tokens.rotate_self"),
      renew_until: instant
        .optional()
        .describe(
          "With `self_rotate`: until when its new secrets may be valid; as long as the first one if not said",
        ),
      on_retired_use: onRetiredUse
        .default("report")
        .describe("Whether the token is revoked when somebody tries a secret that was replaced"),
      conditions: conditions
        .optional()
        .describe("Where, when and how often it works; what is left out does not matter"),
    }),
    maximumBodyBytes: listBodyBytes,
    reply: tokenWithSecret,
    status: 201,
  }),
  endpoint({
    id: "tokens.explain_draft",
    method: "POST",
    path: "/pats/draft/explain",
    summary: "What a token would be allowed that is not made yet; makes none",
    access: session,
    body: z.object({
      ...lifetime,
      scopes: scopes.default([]),
      conditions: conditions.optional(),
      questions: z.array(draftQuestion).max(maximumCount.questions).default([]),
    }),
    maximumBodyBytes: listBodyBytes,
    reply: draftAnswers,
    status: 200,
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
    query: z.object({ days, domain: ofDomain, timezone: ofTimezone }),
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
    id: "tokens.view_self",
    method: "GET",
    path: "/pats/self",
    summary: "What the token that is the bearer is, and may do",
    access: { kind: "token_self" },
    reply: ownToken,
    status: 200,
  }),
  endpoint({
    id: "tokens.rotate_self",
    method: "POST",
    path: "/pats/self/rotate",
    summary: "Make a new secret for the token that is the bearer, if it was made for that",
    access: { kind: "token_self" },
    takesRightsAway: true,
    body: rotation,
    reply: ownToken.extend({
      secret: z.string().describe("The token with its new secret; shown in this reply only"),
    }),
    status: 201,
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
    query: z.object({
      days,
      by: oneOf(["day", "operation", "object", "address"]).default("day"),
      timezone: ofTimezone,
    }),
    reply: tokenUsage,
    status: 200,
  }),
  endpoint({
    id: "tokens.proposal",
    method: "GET",
    path: `${tokenPath}/proposal`,
    summary: "The fewest scopes that what the token did needs, with the proof; changes nothing",
    access: session,
    query: z.object({ window: proposalWindow.default("90d") }),
    reply: proposal,
    status: 200,
  }),
  endpoint({
    id: "tokens.apply_proposal",
    method: "POST",
    path: `${tokenPath}/proposal/apply`,
    summary: "Give the token the scopes that were proposed, all of them or none",
    access: session,
    body: z.object({
      etag: z.string().max(maximumLength.etag).describe("Of the proposal that you have seen"),
      window: proposalWindow.default("90d").describe("The one that was proposed for"),
    }),
    reply: narrowedScopes,
    takesRightsAway: true,
    readsLikeList: true,
    status: 200,
  }),
  endpoint({
    id: "tokens.undo_proposal",
    method: "POST",
    path: `${tokenPath}/proposal/undo`,
    summary: "Give back the scopes that the last proposal took, within 30 days",
    access: session,
    reply: restoredScopes,
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
    id: "tokens.update_conditions",
    method: "PATCH",
    path: `${tokenPath}/conditions`,
    summary:
      "Change where, when and how often the token works; null takes a condition away, others stay",
    access: session,
    body: conditionsChange,
    reply: tokenReply,
    takesRightsAway: true,
    status: 200,
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
    id: "tokens.rotate",
    method: "POST",
    path: `${tokenPath}/rotate`,
    summary: "Make a new secret beside the one that works, which dies once the new one is used",
    access: session,
    body: rotation,
    reply: tokenWithSecret,
    takesRightsAway: true,
    status: 201,
  }),
  endpoint({
    id: "tokens.cancel_rotation",
    method: "POST",
    path: `${tokenPath}/rotate/cancel`,
    summary: "Discard the new secret that nobody has used yet; the one before lives on",
    access: session,
    takesRightsAway: true,
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
    reply: scopePage,
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
