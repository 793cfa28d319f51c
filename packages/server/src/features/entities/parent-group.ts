import type { Target } from "@tessera/contract";
import type { Deps } from "../../deps.ts";

/** Finds the group that an object belongs to now. */
export function parentGroupFinder({
  database,
}: Pick<Deps, "database">): (target: Target) => Promise<string | undefined> {
  const read = database.preparedRead<{ parent_id: string | null }>(
    "select parent_id from entities where domain_id = ? and type = ? and id = ?",
  );
  return async ({ domainId, entityType, entityId }) => {
    const found = await read([domainId, entityType, entityId]);
    return found?.parent_id ?? undefined;
  };
}
