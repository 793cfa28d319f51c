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
