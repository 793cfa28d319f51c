import { chainOf, type UnchainedRow } from "../../changes/audit-chain.ts";
import type { Deps } from "../../deps.ts";

/** What the server itself does to the audit trail, for the chain of the domain or of the platform. */
export function systemEntry(
  { clock, newId }: Pick<Deps, "clock" | "newId">,
  {
    action,
    domainId,
    details,
  }: { readonly action: string; readonly domainId: string | null; readonly details: object },
): UnchainedRow {
  return {
    id: newId(),
    at: clock(),
    actor_user_id: null,
    actor_kind: "system",
    token_id: null,
    session_id: null,
    action,
    domain_id: domainId,
    entity_type: "audit",
    entity_id: chainOf(domainId),
    address: "",
    request_id: "",
    details: JSON.stringify(details),
    outcome: "allowed",
    reason: null,
    chain: chainOf(domainId),
  };
}
