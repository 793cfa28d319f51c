import type { SqlWords } from "./sql-words.ts";

/** Uses by quarters of an hour, of which the days of any time zone can be made. */
export function quarterUseStatements({ text, integer, endKeyOnly }: SqlWords): string[] {
  return [
    `alter table token_daily_use add column timed ${integer} not null default 0`,
    `create table token_quarter_use (
      token_id ${text} not null references tokens (id) on delete cascade,
      starts_at ${integer} not null,
      uses ${integer} not null,
      refused ${integer} not null,
      primary key (token_id, starts_at)
    ${endKeyOnly}`,
  ];
}
