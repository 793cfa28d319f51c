import type { Target } from "@tessera/contract";
import type { Deps } from "../deps.ts";
import type { Trx } from "../store/database.ts";

/** The group that an object belongs to, as the transaction reads it. */
export async function findParentGroupIdIn(
  trx: Trx,
  { domainId, entityType, entityId }: Target,
): Promise<string | undefined> {
  const found = await trx
    .selectFrom("entities")
    .select("parent_id")
    .where("domain_id", "=", domainId)
    .where("type", "=", entityType)
    .where("id", "=", entityId)
    .executeTakeFirst();
  return found?.parent_id ?? undefined;
}

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
