import type { SqlWords } from "./sql-words.ts";

/** What links the records of a chain; those from before have neither a chain nor a place in one. */
export function auditChainsStatements({ text, integer, end }: SqlWords): string[] {
  return [
    `alter table audit_events add column outcome ${text} not null default 'allowed'
      check (outcome in ('allowed', 'refused', 'failed'))`,
    `alter table audit_events add column reason ${text}`,
    `alter table audit_events add column chain ${text}`,
    `alter table audit_events add column seq ${integer}`,
    `alter table audit_events add column prev_hash ${text}`,
    `alter table audit_events add column key_version ${text}`,
    `alter table audit_events add column hash ${text}`,
    "create unique index audit_chain on audit_events (chain, seq)",
    "create index audit_events_older on audit_events (domain_id, at, id) where seq is null",
    `create table audit_cuts (
      chain ${text} not null primary key,
      seq ${integer} not null,
      hash ${text} not null,
      at ${integer} not null,
      key_version ${text} not null,
      mac ${text} not null
    ${end}`,
  ];
}
