import type { SqlWords } from "./sql-words.ts";

/**
 * Which token sent an invitation, and with which of the secrets that it has had; both null: a session did. No foreign
 * key: an invitation whose token is gone must not become one of a session.
 */
export function invitationsOfTokensStatements({ text }: SqlWords): string[] {
  return [
    `alter table invitations add column token_id ${text}`,
    `alter table invitations add column token_digest ${text}`,
  ];
}
