import type { SqlWords } from "./sql-words.ts";

/** Where each tag stands among those of its object; those that are there already stay in alphabetical order. */
export function tagsInOrderStatements({ integer }: SqlWords): string[] {
  return [
    ...["user_tags", "domain_tags", "entity_tags"].map(
      (table) => `alter table ${table} add column position ${integer} not null default 0`,
    ),
    "drop index entity_tags_by_entity",
    "create index entity_tags_by_entity on entity_tags (domain_id, type, entity_id, position)",
  ];
}
