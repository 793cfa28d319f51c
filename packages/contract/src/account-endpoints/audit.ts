import { z } from "zod";
import { endpoint } from "../operation.ts";

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
