import { type AliasedRawBuilder, sql } from "kysely";
import type { Flag } from "../store/schema.ts";

/** What a query tells of a role's actions. */
export interface RoleActionsRow {
  /** `null`: there is no role. */
  readonly has_all_actions: Flag | null;
  /** Joined by commas; `null`: none. */
  readonly actions: string | null;
}

/** The column `actions` of {@link RoleActionsRow} for the role whose id is in `idColumn`. */
export function roleActionsColumn(idColumn: string): AliasedRawBuilder<string | null, "actions"> {
  return sql<string | null>`(
    select string_agg(a.action, ',') from role_actions a where a.role_id = ${sql.ref(idColumn)}
  )`.as("actions");
}

/** The role's actions; `all` are those of its entity type, in whose order they come. */
export function readRoleActions(
  { has_all_actions, actions }: RoleActionsRow,
  all: readonly string[],
): readonly string[] {
  if (has_all_actions === 1) return all;
  if (actions === null) return [];
  const held = new Set(actions.split(","));
  return all.filter((action) => held.has(action));
}
