import type { Actor } from "../access/actor.ts";
import type { Trx } from "../store/database.ts";
import { forEachChunk } from "../store/row-chunks.ts";
import type { RecordedEvent } from "./recorded-event.ts";

/** Writes what was done, in the transaction that does it. */
export async function insertAuditEvents(
  trx: Trx,
  { address, requestId }: Pick<Actor, "address" | "requestId">,
  events: readonly RecordedEvent[],
): Promise<void> {
  await forEachChunk(events, async (chunk) => {
    await trx
      .insertInto("audit_events")
      .values(
        chunk.map((event) => ({
          id: event.id,
          at: event.at,
          actor_user_id: event.actor.userId,
          actor_kind: event.actor.kind,
          token_id: event.actor.tokenId,
          session_id: event.actor.sessionId,
          action: event.name,
          domain_id: event.domainId,
          entity_type: event.subject,
          entity_id: event.entityId,
          address,
          request_id: requestId,
          details: JSON.stringify(event.details),
        })),
      )
      .execute();
  });
}
