import { randomUUID } from "node:crypto";
import type { Principal } from "../access/principal.ts";
import type { Trx } from "./change-hub.ts";

/** Who acts, and from where; `principal` undefined: nobody has signed in. */
export interface AuditActor {
  readonly principal: Principal | undefined;
  readonly address: string;
  readonly requestId: string;
  readonly isSystem?: boolean;
}

/** The server itself, of its own accord. */
export const systemActor: AuditActor = {
  principal: undefined,
  address: "",
  requestId: "",
  isSystem: true,
};

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
  actor: AuditActor,
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
