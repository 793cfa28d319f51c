import type { SqlWords } from "./sql-words.ts";

/**
 * What was tried least is told first; and which administrator made a link, null where it was mailed. No foreign key: a
 * link whose maker is gone must not become one that was mailed. Of those that there are nobody knows.
 */
export function mailsInTurnsStatements({ text }: SqlWords): string[] {
  return [
    "create index outbox_by_attempts on outbox (target, attempts, seq)",
    `alter table account_links add column made_by ${text}`,
    "create index account_links_by_maker on account_links (made_by) where made_by is not null",
    "delete from account_links where purpose = 'reset_password'",
  ];
}
