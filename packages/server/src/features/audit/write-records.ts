import type { UnchainedRow } from "../../changes/audit-chain.ts";
import { type AuditWriting, appendToChains } from "../../changes/audit-store.ts";
import { insertOutboxItems } from "../../changes/outbox-store.ts";
import type { RecordedEvent } from "../../changes/recorded-event.ts";
import type { Trx } from "../../store/database.ts";

/** Adds records of no change to their chains, and tells those to whom all records are forwarded. */
export async function writeRecords(
  trx: Trx,
  { forwardedTo, ...writing }: AuditWriting & { readonly forwardedTo: readonly string[] },
  rows: readonly UnchainedRow[],
): Promise<void> {
  await appendToChains(trx, writing, rows);
  const items = rows.flatMap((row) =>
    forwardedTo.map((target) => ({ target, event: toEvent(row) })),
  );
  await insertOutboxItems(trx, items);
}

/** Those who hear of it read the rest from the record. */
function toEvent(row: UnchainedRow): RecordedEvent {
  return {
    id: row.id,
    at: row.at,
    // Of an operation that was refused, or of what the server does to the trail.
    name: row.action as RecordedEvent["name"],
    subject: row.entity_type ?? "",
    entityId: row.entity_id ?? "",
    domainId: row.domain_id,
    details: {},
    actor: {
      kind: row.actor_kind,
      userId: row.actor_user_id,
      tokenId: row.token_id,
      sessionId: row.session_id,
    },
  };
}
