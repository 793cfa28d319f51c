import type { SqlWords } from "./sql-words.ts";

/** By what people know a secret again; of those that there are nobody knows it. */
export function tokenEndingsStatements({ text }: SqlWords): string[] {
  return [`alter table token_secrets add column ending ${text}`];
}
