import { systemActor } from "../../access/actor.ts";
import { recordAuditEvents } from "../../changes/audit-store.ts";
import type { Deps } from "../../deps.ts";
import { removeDeletedUsers } from "./user-store.ts";

const keptMilliseconds = 30 * 86_400_000;

/** Removes, with all that is theirs, the users who were deleted 30 days ago or earlier; returns how many. */
export async function purgeDeletedUsers({
  hub,
  clock,
}: Pick<Deps, "hub" | "clock">): Promise<number> {
  return hub.change(systemActor, async ({ trx, touch }) => {
    const at = clock();
    const removed = await removeDeletedUsers(trx, at - keptMilliseconds);
    if (removed.length === 0) return 0;
    for (const id of removed) touch("user", id);
    const events = removed.map((id) => ({
      at,
      action: "users.purge",
      entityType: "users",
      entityId: id,
    }));
    await recordAuditEvents(trx, systemActor, events);
    return removed.length;
  });
}
