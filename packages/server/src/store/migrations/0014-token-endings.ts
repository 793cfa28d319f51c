import type { SqlWords } from "./sql-words.ts";

/** By what people know a token again; of those that there are nobody knows it. */
export function tokenEndingsStatements({ text }: SqlWords): string[] {
  return [`alter table tokens add column secret_ending ${text}`];
}
