import type { auditKeyEndpoint } from "@tessera/contract";
import type { Deps } from "../../deps.ts";
import type { Handlers } from "../../http/endpoint-handlers.ts";
import { publicKeySet } from "./checkpoint-lines.ts";

/** What proves the checkpoints of the audit trail. */
export function auditKeyHandlers({ keys }: Deps): Handlers<typeof auditKeyEndpoint> {
  const set = publicKeySet(keys.audit);
  return { "audit.keys": () => set };
}
