import { type auditPage, wireTime } from "@tessera/contract";
import type { z } from "zod";
import type { Place } from "./chain-store.ts";
import type { NamedRecord } from "./record-store.ts";

type AuditRecord = z.output<typeof auditPage>["records"][number];
type Changed = AuditRecord["changed"];

/** A record for a reader; `showsTokenNames`: they are the reader's own. */
export function toAuditRecord(row: NamedRecord, showsTokenNames: boolean): AuditRecord {
  const { changed, count, ...details } = JSON.parse(row.details) as {
    readonly changed?: unknown;
    readonly count?: unknown;
  };
  return {
    id: row.id,
    at: wireTime(row.at),
    operation: row.action,
    outcome: row.outcome,
    reason: row.reason ?? undefined,
    count: typeof count === "number" ? count : 1,
    actor: {
      kind: row.actor_kind,
      user_id: row.actor_user_id ?? undefined,
      user_name: row.user_name ?? undefined,
      token_id: row.token_id ?? undefined,
      token_name: showsTokenNames ? (row.token_name ?? undefined) : undefined,
      session_id: row.session_id ?? undefined,
    },
    domain_id: row.domain_id ?? undefined,
    object: { type: row.entity_type ?? "", id: row.entity_id ?? "" },
    address: row.address === "" ? undefined : (row.address ?? undefined),
    request_id: row.request_id === "" ? undefined : (row.request_id ?? undefined),
    changed: toChanged(changed),
    details,
    chain: row.chain ?? undefined,
    seq: row.seq ?? undefined,
    hash: row.hash ?? undefined,
  };
}

function toChanged(changed: unknown): Changed {
  if (typeof changed !== "object" || changed === null || Array.isArray(changed)) return [];
  const fields = changed as Readonly<Record<string, Pick<Changed[number], "before" | "after">>>;
  return Object.entries(fields).map(([field, { before, after }]) => ({ field, before, after }));
}

/** What `after` asks for. */
export function placeText({ at, id }: Place): string {
  return Buffer.from(`${at}:${id}`).toString("base64url");
}

/** `undefined`: it is none. */
export function readPlace(text: string): Place | undefined {
  const [, at, id] =
    /^(\d{1,15}):([\da-f-]{36})$/.exec(Buffer.from(text, "base64url").toString()) ?? [];
  return at === undefined || id === undefined ? undefined : { at: Number(at), id };
}
