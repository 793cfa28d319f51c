import type { SqlWords } from "./sql-words.ts";

/** A row that only what takes a right of the token away writes: its uses are written in `tokens` all the time. */
export function tokenRightsStatements({ text, endKeyOnly }: SqlWords): string[] {
  return [
    `create table token_rights (
      token_id ${text} primary key references tokens (id) on delete cascade
    ${endKeyOnly}`,
    "insert into token_rights (token_id) select id from tokens",
  ];
}
