import type { SqlWords } from "./sql-words.ts";

/** Keys that the server makes itself are kept in the database, encrypted; sessions say under which key they are. */
export function keyRotationStatements({ text, integer }: SqlWords): string[] {
  return [
    `alter table server_keys add column wrapped ${text}`,
    `alter table server_keys add column wrapped_by ${text}`,
    `alter table server_keys add column dropped_at ${integer}`,
    `alter table sessions add column key_version ${text} not null default ''`,
    // Those of older keys were refused from the day on which the operator gave another.
    `update sessions set key_version = coalesce(
      (select id from server_keys order by created_at desc, id desc limit 1), '')`,
  ];
}
