import { systemActor } from "../../../access/actor.ts";
import type { Deps } from "../../../deps.ts";
import type { Job } from "../../../jobs/schedule.ts";
import { removeDeletedUsers } from "./user-store.ts";

const keptMilliseconds = 30 * 86_400_000;

/** Ends what is kept of users who were deleted, once a day. */
export function purgeDeletedUsersJob(deps: Pick<Deps, "hub" | "clock">): Job {
  return {
    name: "purge_deleted_users",
    everyMilliseconds: 24 * 3_600_000,
    run: async () => `${await purgeDeletedUsers(deps)} removed`,
  };
}

/** Removes, with all that is theirs, the users who were deleted 30 days ago or earlier; returns how many. */
export async function purgeDeletedUsers({
  hub,
  clock,
}: Pick<Deps, "hub" | "clock">): Promise<number> {
  return hub.change(systemActor, async ({ trx, touch, record }) => {
    const removed = await removeDeletedUsers(trx, clock() - keptMilliseconds);
    for (const id of removed) {
      touch("user", id);
      record({ name: "users.purge", entityId: id });
    }
    return removed.length;
  });
}
