import type { StoredRow } from "../features/audit/verify-chains.ts";

/** A record of the audit trail as it is stored: a session's change of a client, with a place in a chain. */
export const exampleRecord: StoredRow = {
  id: "0197-1",
  at: 1_768_435_200_123,
  action: "clients.update",
  outcome: "allowed",
  reason: null,
  actor_kind: "session",
  actor_user_id: "user-1",
  token_id: null,
  session_id: "session-1",
  domain_id: "domain-1",
  entity_type: "clients",
  entity_id: "client-1",
  address: "192.0.2.7",
  request_id: "request-1",
  details: "{}",
  chain: "domain-1",
  seq: 7,
  prev_hash: "",
  key_version: "key",
  hash: "hash",
};
