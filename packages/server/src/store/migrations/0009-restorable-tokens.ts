import type { SqlWords } from "./sql-words.ts";

/**
 * Which revoked tokens their owner may restore: those that were revoked because the owner was disabled. Whoever is
 * disabled now has such tokens from the moment on in which that was done.
 */
export function restorableTokensStatements({ integer }: SqlWords): string[] {
  return [
    `alter table tokens add column is_restorable ${integer} not null default 0 check (is_restorable in (0, 1))`,
    `update tokens set
      is_restorable = 1,
      revoked_at = (
        select coalesce(u.updated_at, u.created_at) from users u where u.id = tokens.user_id
      )
    where revoked_at is null and user_id in (select id from users where status = 'disabled')`,
  ];
}
