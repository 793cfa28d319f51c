import type { SqlWords } from "./sql-words.ts";

/** What tokens did and were refused, from where, and for which times nobody knows. */
export function usageStatements({ text, integer, end, endKeyOnly }: SqlWords): string[] {
  return [
    `alter table tokens add column refused_count ${integer} not null default 0`,
    `alter table tokens add column last_refused_at ${integer}`,
    `alter table tokens add column last_refused_operation ${text}`,
    `alter table tokens add column last_refused_domain_id ${text}`,
    `alter table tokens add column last_refused_entity_id ${text}`,
    `alter table tokens add column last_refused_because ${text}`,

    `alter table token_daily_use add column refused ${integer} not null default 0`,
    `alter table token_daily_use add column objects ${integer} not null default 0`,
    "create index token_daily_use_by_day on token_daily_use (day, token_id)",

    `create table token_use (
      token_id ${text} not null references tokens (id) on delete cascade,
      day ${text} not null,
      operation ${text} not null,
      domain_id ${text} not null,
      entity_id ${text} not null,
      entity_type ${text} not null,
      allowed ${integer} not null,
      refused ${integer} not null,
      last_allowed_at ${integer},
      last_refused_at ${integer},
      refused_because ${text},
      primary key (token_id, day, operation, domain_id, entity_id)
    ${endKeyOnly}`,

    `create table token_addresses (
      token_id ${text} not null references tokens (id) on delete cascade,
      address ${text} not null,
      first_at ${integer} not null,
      last_at ${integer} not null,
      uses ${integer} not null,
      primary key (token_id, address)
    ${endKeyOnly}`,

    `create table usage_recorders (
      id ${text} not null primary key,
      slice ${integer} not null,
      written_until ${integer} not null,
      lost_after ${integer} not null
    ${end}`,

    `create table usage_gaps (
      recorder_id ${text} not null,
      from_at ${integer} not null,
      to_at ${integer} not null,
      uses ${integer},
      last_slice ${integer},
      primary key (recorder_id, from_at, to_at)
    ${endKeyOnly}`,
    "create index usage_gaps_by_end on usage_gaps (to_at)",
  ];
}
