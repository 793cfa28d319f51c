import type { SqlWords } from "./sql-words.ts";

/**
 * Each secret of a token is a row; the index on `slot` lets no token have more than two that work. Who used them before
 * is not known but for the last time.
 */
export function tokenSecretsStatements({ text, integer, end, endKeyOnly }: SqlWords): string[] {
  return [
    `create table token_secrets (
      token_id ${text} not null references tokens (id) on delete cascade,
      id ${text} not null,
      digest ${text} not null,
      key_version ${text} not null,
      state ${text} not null check (state in ('live', 'pending', 'retiring', 'retired', 'discarded')),
      slot ${integer},
      created_at ${integer} not null,
      expires_at ${integer} not null,
      first_used_at ${integer},
      last_used_at ${integer},
      last_used_address ${text},
      dies_at ${integer},
      linger ${integer} not null default 0,
      ended_at ${integer},
      primary key (token_id, id),
      check (slot is null and state in ('retired', 'discarded') and ended_at is not null
        or slot is not null and slot = 1 and state = 'live'
        or slot is not null and slot = 2 and state in ('pending', 'retiring') and dies_at is not null)
    ${endKeyOnly}`,
    "create unique index token_secret_slot on token_secrets (token_id, slot)",
    "create index token_secrets_by_death on token_secrets (dies_at) where slot = 2",
    "create index token_secrets_by_end on token_secrets (ended_at) where ended_at is not null",

    `create table token_secret_tries (
      token_id ${text} not null,
      secret_id ${text} not null,
      address ${text} not null,
      first_at ${integer} not null,
      last_at ${integer} not null,
      tries ${integer} not null,
      is_told ${integer} not null default 0 check (is_told in (0, 1)),
      primary key (token_id, secret_id, address),
      foreign key (token_id, secret_id) references token_secrets (token_id, id) on delete cascade
    ${end}`,
    "create index token_secret_tries_untold on token_secret_tries (first_at) where is_told = 0",

    `insert into token_secrets (token_id, id, digest, key_version, state, slot, created_at, expires_at,
        last_used_at, last_used_address)
      select id, id, digest, key_version, 'live', 1, issued_at, expires_at, last_used_at, last_used_address
      from tokens`,
    "alter table tokens drop column digest",
    "alter table tokens drop column key_version",

    `alter table tokens add column lifetime ${integer} not null default 0`,
    "update tokens set lifetime = expires_at - issued_at",
    `alter table tokens add column self_rotate ${integer} not null default 0 check (self_rotate in (0, 1))`,
    `alter table tokens add column renew_until ${integer}`,
    `alter table tokens add column on_retired_use ${text} not null default 'report'
      check (on_retired_use in ('report', 'revoke'))`,
  ];
}
