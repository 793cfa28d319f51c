import type { SqlWords } from "./sql-words.ts";

/** Where, when and how often tokens work, and how many of their uses servers have taken for themselves. */
export function tokenConditionsStatements({ text, integer, end }: SqlWords): string[] {
  return [
    `alter table tokens add column conditions ${text}`,
    `create table token_use_reserve (
      token_id ${text} not null primary key references tokens (id) on delete cascade,
      maximum ${integer},
      reserved ${integer} not null default 0
    ${end}`,
  ];
}
