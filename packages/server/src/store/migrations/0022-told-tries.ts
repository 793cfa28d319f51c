import type { SqlWords } from "./sql-words.ts";

/** Of how many addresses that tried a secret that works no more there was word. */
export function toldTriesStatements({ integer }: SqlWords): string[] {
  return [`alter table token_secrets add column told_tries ${integer} not null default 0`];
}
