import { z } from "zod";
import { auditPage, auditQuery, auditStreamTypes } from "../audit-records.ts";
import { endpoint } from "../operation.ts";
import { id, oneOf } from "../wire.ts";

export const auditEndpoints = [
  endpoint({
    id: "audit.list",
    method: "GET",
    path: "/audit",
    summary:
      "What was done and refused on the whole platform, newest first; with `format` as a stream",
    access: { kind: "admin" },
    query: auditQuery.extend({
      domain: z
        .union([z.literal("none"), id])
        .optional()
        .describe("Only of this domain; `none`: only of no domain, as accounts and tokens are"),
    }),
    reply: auditPage,
    streamTypes: auditStreamTypes,
    status: 200,
  }),
  endpoint({
    id: "audit.list_of_tokens",
    method: "GET",
    path: "/pats/audit",
    summary: "What your tokens did and were refused, newest first",
    access: { kind: "session" },
    query: auditQuery.omit({ actor: true }).extend({
      format: oneOf(["json", "csv"]).default("json"),
    }),
    reply: auditPage,
    streamTypes: ["text/csv"],
    status: 200,
  }),
] as const;

const keeping = z.object({
  keep_days: z.int().nullable().describe("What was chosen here; null: what the server keeps"),
  kept_days: z
    .int()
    .describe("How long they are kept now: the longer one of what was chosen and `least_days`"),
  least_days: z.int().describe("For how long the server keeps those of every domain"),
});

const mayManageRoles = { kind: "role_action", type: "domains", action: "manage_role" } as const;

/** For how long a domain's records are kept, for those who may read them. */
export const auditKeepingEndpoints = [
  endpoint({
    id: "audit.view_keeping",
    method: "GET",
    path: "/:domainId/audit/keeping",
    summary: "For how long the audit trail of the domain is kept",
    access: mayManageRoles,
    reply: keeping,
    status: 200,
  }),
  endpoint({
    id: "audit.update_keeping",
    method: "PATCH",
    path: "/:domainId/audit/keeping",
    summary: "Keep the audit trail of the domain for longer than the server does, never shorter",
    access: mayManageRoles,
    body: z.object({
      keep_days: z
        .int()
        .min(1)
        .max(3_650)
        .nullable()
        .describe("At least `least_days`; null: as long as the server keeps it"),
    }),
    reply: keeping,
    status: 200,
  }),
] as const;

export const auditKeyEndpoint = endpoint({
  id: "audit.keys",
  method: "GET",
  path: "/.well-known/tessera/audit-keys",
  summary: "The public keys that prove the checkpoints of the audit trail",
  access: { kind: "anyone" },
  reply: z.object({
    keys: z.array(
      z.object({
        kid: z.string().describe("As `key` names it in a checkpoint; the current one comes first"),
        kty: z.string(),
        crv: z.string(),
        x: z.string(),
        alg: z.string(),
        use: z.string(),
      }),
    ),
  }),
  status: 200,
});
