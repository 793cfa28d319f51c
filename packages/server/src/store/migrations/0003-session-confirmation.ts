import type { SqlWords } from "./sql-words.ts";

/** When the password was last given in a session; in those that are there already, at their sign-in. */
export function sessionConfirmationStatements({ integer }: SqlWords): string[] {
  return [
    `alter table sessions add column confirmed_at ${integer} not null default 0`,
    "update sessions set confirmed_at = created_at",
  ];
}
