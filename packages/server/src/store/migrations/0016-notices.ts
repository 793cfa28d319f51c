import type { SqlWords } from "./sql-words.ts";

/** What people were told, which of it they want no mails of, from where they sign in, and their calendar feeds. */
export function noticesStatements({ text, integer, end, endKeyOnly }: SqlWords): string[] {
  return [
    `create table notices (
      id ${text} not null primary key,
      user_id ${text} not null references users (id) on delete cascade,
      kind ${text} not null,
      cause ${text} not null,
      created_at ${integer} not null,
      read_at ${integer},
      token_id ${text} references tokens (id) on delete cascade,
      secret_id ${text},
      threshold ${integer},
      ends_at ${integer},
      mail_id ${text},
      domain_id ${text},
      address ${text},
      user_agent ${text},
      failed_kind ${text},
      check (kind <> 'token_expiring' or token_id is not null and secret_id is not null
        and threshold is not null and ends_at is not null and mail_id is not null)
    ${end}`,
    "create unique index notices_by_cause on notices (user_id, kind, cause)",
    "create index notices_by_age on notices (user_id, created_at, id)",
    "create index notices_unread on notices (user_id) where read_at is null",
    "create index notices_by_token on notices (token_id, secret_id) where token_id is not null",
    "create index notices_by_creation on notices (created_at)",
    "create index token_secrets_by_expiry on token_secrets (expires_at) where slot = 1",

    `create table declined_mails (
      user_id ${text} not null references users (id) on delete cascade,
      kind ${text} not null,
      primary key (user_id, kind)
    ${endKeyOnly}`,

    `create table sign_in_places (
      user_id ${text} not null references users (id) on delete cascade,
      network ${text} not null,
      last_at ${integer} not null,
      primary key (user_id, network)
    ${endKeyOnly}`,

    `create table calendar_feeds (
      user_id ${text} not null primary key references users (id) on delete cascade,
      id ${text} not null,
      digest ${text} not null,
      key_version ${text} not null,
      created_at ${integer} not null,
      last_read_at ${integer}
    ${end}`,
    "create unique index calendar_feeds_by_id on calendar_feeds (id)",
  ];
}
