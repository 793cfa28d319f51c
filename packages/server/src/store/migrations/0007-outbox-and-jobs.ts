import type { SqlWords } from "./sql-words.ts";

/** What is to be told to others, and work that one of the servers does now and then. */
export function outboxAndJobsStatements({ serial, text, integer, end }: SqlWords): string[] {
  return [
    `create table outbox (
      seq ${serial},
      target ${text} not null,
      event ${text} not null,
      attempts ${integer} not null default 0,
      due_at ${integer} not null,
      leased_until ${integer} not null default 0,
      last_error ${text}
    ${end}`,
    "create index outbox_by_target on outbox (target, seq)",
    `create table jobs (
      name ${text} not null primary key,
      due_at ${integer} not null,
      leased_by ${text},
      leased_until ${integer} not null default 0,
      last_started_at ${integer},
      last_success_at ${integer},
      last_duration ${integer},
      last_result ${text},
      last_error ${text},
      failures ${integer} not null default 0
    ${end}`,
  ];
}
