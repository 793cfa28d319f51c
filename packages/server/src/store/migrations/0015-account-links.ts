import type { SqlWords } from "./sql-words.ts";

/** Links that prove an e-mail address or let a password be chosen; those for nobody are never good. */
export function accountLinksStatements({ text, integer, end }: SqlWords): string[] {
  return [
    `create table account_links (
      id ${text} not null primary key,
      user_id ${text} references users (id) on delete cascade,
      purpose ${text} not null check (purpose in ('verify_email', 'reset_password')),
      digest ${text} not null,
      key_version ${text} not null,
      expires_at ${integer} not null
    ${end}`,
    "create index account_links_by_user on account_links (user_id)",
    "create index account_links_by_expiry on account_links (expires_at)",
  ];
}
