import { z } from "zod";
import { roleEntry } from "../entity.ts";
import { endpoint } from "../operation.ts";
import { page } from "../page.ts";
import { id, pageQuery, time } from "../wire.ts";

const operations = z.array(z.string());

const person = z.object({
  user_id: id,
  enabled: z.boolean().describe("Else the person may do nothing"),
  roles: z.array(roleEntry),
  operations: operations.describe(
    "What the person may do with it now; that somebody administers the platform counts where such a person asks",
  ),
  token_count: z
    .int()
    .optional()
    .describe(
      "How many of the person's tokens may do something with it now; for the domain's administrators",
    ),
});

const ownToken = z.object({
  id,
  name: z.string(),
  expires_at: time,
  operations: z.array(
    z.object({
      operation: z.string(),
      scope_id: z.string(),
      entity_id: z.string().describe("Of the scope: * for all of the type"),
      allowed: z.boolean().describe("Whether the token may do it now"),
    }),
  ),
});

/** Who and which tokens reach an object of the type, and why; `prefix` is the object's path. */
export function reachEndpoints<const Type extends string, const Prefix extends string>(
  type: Type,
  prefix: Prefix,
) {
  const people = `${prefix}/reach` as const;
  return [
    endpoint({
      id: `${type}.reach.people` as const,
      method: "GET",
      path: people,
      summary: "List who reaches this object, by which roles, and what each may do with it now",
      access: { kind: "role_action", type, action: "view_role_users" },
      query: pageQuery,
      reply: page("people", person),
      status: 200,
    }),
    endpoint({
      id: `${type}.reach.own_tokens` as const,
      method: "GET",
      path: `${people}/tokens` as const,
      summary: "List the caller's tokens with scopes on this object, and what each may do with it",
      access: { kind: "role_action", type, action: "read" },
      query: pageQuery,
      reply: page("tokens", ownToken),
      status: 200,
    }),
  ] as const;
}
