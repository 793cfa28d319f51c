import { randomUUID } from "node:crypto";
import type { Actor } from "../access/actor.ts";
import type { Trx } from "../store/database.ts";

export interface AuditEvent {
  readonly at: number;
  /** For example `clients.update_tags`. */
  readonly action: string;
  readonly domainId?: string;
  readonly entityType?: string;
  readonly entityId?: string;
  /** Never a secret. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Writes what was done, in the transaction that does it. */
export async function recordAuditEvents(
  trx: Trx,
  actor: Actor,
  events: readonly AuditEvent[],
): Promise<void> {
  const { principal } = actor;
  await trx
    .insertInto("audit_events")
    .values(
      events.map((event) => ({
        id: randomUUID(),
        at: event.at,
        actor_user_id: principal?.userId ?? null,
        actor_kind: principal?.kind ?? (actor.isSystem === true ? "system" : "anonymous"),
        token_id: principal?.kind === "token" ? principal.tokenId : null,
        session_id: principal?.kind === "session" ? principal.sessionId : null,
        action: event.action,
        domain_id: event.domainId ?? null,
        entity_type: event.entityType ?? null,
        entity_id: event.entityId ?? null,
        address: actor.address,
        request_id: actor.requestId,
        details: JSON.stringify(event.details ?? {}),
      })),
    )
    .execute();
}
