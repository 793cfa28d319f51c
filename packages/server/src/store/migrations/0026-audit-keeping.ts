import type { SqlWords } from "./sql-words.ts";

/** For how many days a domain's records are kept, where that is longer than the server's own time. */
export function auditKeepingStatements({ integer }: SqlWords): string[] {
  return [`alter table domains add column audit_keep_days ${integer}`];
}
