import type { Target } from "@tessera/contract";
import type { Trx } from "../store/database.ts";
import { insertRows } from "../store/insert-rows.ts";
import { forEachChunk } from "../store/row-chunks.ts";

/** Puts people into a role who have none yet on its object. */
export async function insertRoleMembers(
  trx: Trx,
  { domainId, entityType, entityId }: Target,
  roleId: string,
  userIds: readonly string[],
  now: number,
): Promise<void> {
  const rows = userIds.map((userId) => ({
    role_id: roleId,
    user_id: userId,
    domain_id: domainId,
    entity_type: entityType,
    entity_id: entityId,
    created_at: now,
  }));
  await insertRows(trx, "role_members", rows);
}

/** Of these people the ones who have a role on the object already. */
export async function findRoleHolders(
  trx: Trx,
  { domainId, entityType, entityId }: Target,
  userIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const holders = new Set<string>();
  await forEachChunk(userIds, async (chunk) => {
    const rows = await trx
      .selectFrom("role_members")
      .select("user_id")
      .where("domain_id", "=", domainId)
      .where("entity_type", "=", entityType)
      .where("entity_id", "=", entityId)
      .where("user_id", "in", chunk)
      .execute();
    for (const { user_id } of rows) holders.add(user_id);
  });
  return holders;
}

/** The status of each of these users who is known. */
export async function findUserStatuses(
  trx: Trx,
  userIds: readonly string[],
): Promise<ReadonlyMap<string, "enabled" | "disabled" | "deleted">> {
  const statuses = new Map<string, "enabled" | "disabled" | "deleted">();
  await forEachChunk(userIds, async (chunk) => {
    const rows = await trx
      .selectFrom("users")
      .select(["id", "status"])
      .where("id", "in", chunk)
      .execute();
    for (const { id, status } of rows) statuses.set(id, status);
  });
  return statuses;
}
