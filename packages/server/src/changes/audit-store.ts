import type { Actor } from "../access/actor.ts";
import type { ChainLocks, Trx } from "../store/database.ts";
import { insertRows } from "../store/insert-rows.ts";
import { forEachChunk } from "../store/row-chunks.ts";
import { type ChainedRow, chainOf, linkTo, type UnchainedRow } from "./audit-chain.ts";
import type { AuditKeys } from "./audit-keys.ts";
import type { RecordedEvent } from "./recorded-event.ts";

/** What is needed to add to the audit trail. */
export interface AuditWriting {
  readonly database: { readonly chains: ChainLocks };
  readonly auditKeys: AuditKeys;
}

/** Writes what was done, in the transaction that does it; nobody else adds to the same chains until it ends. */
export async function insertAuditEvents(
  trx: Trx,
  writing: AuditWriting,
  { address, requestId }: Pick<Actor, "address" | "requestId">,
  events: readonly RecordedEvent[],
): Promise<void> {
  const rows = events.map((event) => ({
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
    outcome: "allowed" as const,
    reason: null,
    chain: chainOf(event.domainId),
  }));
  await appendToChains(trx, writing, rows);
}

/** Adds rows to the ends of their chains, in the order given; once in a transaction, and late. */
export async function appendToChains(
  trx: Trx,
  { database, auditKeys }: AuditWriting,
  rows: readonly UnchainedRow[],
): Promise<void> {
  if (rows.length === 0) return;
  const heads = new Map(
    await database.chains.lock(trx, [...new Set(rows.map(({ chain }) => chain))]),
  );
  const link = (row: UnchainedRow): ChainedRow => {
    const linked = linkTo(heads.get(row.chain) ?? { seq: 0, hash: "" }, row, auditKeys);
    heads.set(row.chain, linked);
    return linked;
  };
  // In the order in which all take chains: a number that another process takes at once is waited for.
  const inOrder = rows.toSorted((one, other) =>
    one.chain < other.chain ? -1 : Number(one.chain > other.chain),
  );
  // A chunk at a time: of many, others are answered in between.
  await forEachChunk(inOrder, async (chunk) => {
    await insertRows(trx, "audit_events", chunk.map(link));
  });
  database.chains.added(heads);
}
