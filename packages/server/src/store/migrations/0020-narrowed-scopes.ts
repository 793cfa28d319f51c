import type { SqlWords } from "./sql-words.ts";

/** The scopes of a token before and after it was narrowed, as JSON: to give them back. */
export function narrowedScopesStatements({ text, integer, end }: SqlWords): string[] {
  return [
    `create table token_narrowings (
      token_id ${text} not null primary key references tokens (id) on delete cascade,
      applied_at ${integer} not null,
      scopes_before ${text} not null,
      scopes_after ${text} not null
    ${end}`,
  ];
}
