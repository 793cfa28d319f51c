import type { Row } from "../store/schema.ts";
import type { AuditKeys } from "./audit-keys.ts";

/** A record as it is stored, in its place of a chain. */
export type ChainedRow = Readonly<Row<"audit_events">> & {
  readonly chain: string;
  readonly seq: number;
  readonly prev_hash: string;
  readonly key_version: string;
  readonly hash: string;
};

/** All but what it gets by being added to its chain. */
export type UnchainedRow = Omit<ChainedRow, "seq" | "prev_hash" | "key_version" | "hash">;

export const platformChain = "platform";

/** Of what happens in a domain, or to the platform and its accounts. */
export function chainOf(domainId: string | null): string {
  return domainId ?? platformChain;
}

const refusals = "refusals:";

/** Of what was refused there: written later, and not by changes. */
export function refusalChainOf(domainId: string | null): string {
  return `${refusals}${chainOf(domainId)}`;
}

export function isRefusalChain(chain: string): boolean {
  return chain.startsWith(refusals);
}

/** Adds the row behind the entry with that number and hash. */
export function linkTo(
  before: { readonly seq: number; readonly hash: string },
  row: UnchainedRow,
  keys: AuditKeys,
): ChainedRow {
  const placed = {
    ...row,
    seq: before.seq + 1,
    prev_hash: before.hash,
    key_version: keys.version,
  };
  const hash = keys.hash(entryText(placed));
  if (hash === undefined) throw new RangeError("the current audit key is missing");
  return { ...placed, hash };
}

/** Every column but the hash itself. A column that is added later must not change what older hashes were made of. */
export const hashedColumns = [
  "action",
  "actor_kind",
  "actor_user_id",
  "address",
  "at",
  "chain",
  "details",
  "domain_id",
  "entity_id",
  "entity_type",
  "id",
  "key_version",
  "outcome",
  "prev_hash",
  "reason",
  "request_id",
  "seq",
  "session_id",
  "token_id",
] as const satisfies readonly (keyof ChainedRow)[];

/** What the hash of an entry is made of, as stored. */
export function entryText(row: Omit<ChainedRow, "hash">): string {
  return `entry\n${canonicalJson(row, hashedColumns)}`;
}

/** Of what the start of a chain is, whose older entries are removed. */
export function cutText(cut: Omit<Row<"audit_cuts">, "mac">): string {
  return `cut\n${canonicalJson(cut, ["at", "chain", "hash", "key_version", "seq"])}`;
}

/**
 * By RFC 8785: the named members of a flat object, in the order of their UTF-16 units, which is how they must be given;
 * texts, whole numbers and null as ECMAScript writes them.
 */
export function canonicalJson<Name extends string>(
  row: Readonly<Record<Name, string | number | null>>,
  namesInOrder: readonly Name[],
): string {
  let members = "";
  for (const name of namesInOrder) {
    const value = row[name];
    const text = typeof value === "string" ? JSON.stringify(value) : String(value);
    members += `${members === "" ? "" : ","}"${name}":${text}`;
  }
  return `{${members}}`;
}
