import { z } from "zod";
import { endpoint } from "../operation.ts";
import { page } from "../page.ts";
import { id, oneOf, pageQuery, time } from "../wire.ts";

const since = time.describe("Since when its scopes, or the first of them, are there");

/** A scope in the domain, without the domain. */
const scopeInDomain = z.object({
  entity_type: z.string(),
  entity_id: z.string(),
  operation: z.string(),
  since: time,
  last_used_at: time.describe("Unset: never"),
  objects_used: z
    .int()
    .optional()
    .describe(
      "Only for scopes on all objects: on how many the token did this in the last 90 days; on more, where it was more than 200 on a day",
    ),
});

/** A member's token that works, as far as it concerns one domain. */
const tokenInDomain = z.object({
  user_id: id.describe("Its owner"),
  starts_with: z.string().describe("How its text begins, to ask the owner about it: `pat_3Kdf`"),
  ends_with: z.string().describe("The last four characters of its text"),
  since,
  last_used_at: time.describe("In this domain; unset: never"),
  scopes_count: z.int().describe("In this domain"),
  unused_scopes_count: z.int().describe("Of these, how many were never used"),
  scopes: z.array(scopeInDomain).describe("In this domain, at most 50; those never used first"),
});

/** What reaches into a domain by tokens of its members, for those who answer for it. */
export const domainTokensEndpoint = endpoint({
  id: "domains.tokens",
  method: "GET",
  path: "/domains/:domainId/pats",
  summary:
    "List members' tokens that work in this domain, with their scopes in it, the longest unused first",
  access: {
    kind: "role_action",
    type: "domains",
    action: "view_role_users",
    ofAdministrators: true,
  },
  query: pageQuery.extend({
    show: oneOf(["all", "never_used", "unused_scopes", "all_objects"])
      .default("all")
      .describe("`all_objects`: those with a scope on all objects of a type"),
  }),
  reply: page("tokens", tokenInDomain).extend({
    counts: z.object({
      all: z.int(),
      never_used: z.int(),
      unused_scopes: z.int(),
      all_objects: z.int(),
    }),
    members_with_more: z
      .array(
        z.object({ user_id: id, tokens_count: z.int().describe("That reach into this domain") }),
      )
      .describe("Of whom only the 20 newest tokens are listed and counted; those with most first"),
  }),
  status: 200,
});
