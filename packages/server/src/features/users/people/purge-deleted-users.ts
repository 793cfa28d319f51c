import { systemActor } from "../../../access/actor.ts";
import type { Deps } from "../../../deps.ts";
import type { Job } from "../../../jobs/schedule.ts";
import { findDeletedUsers, removeDeletedUser, removeSomeOfUser } from "./user-store.ts";

type PurgeDeps = Pick<Deps, "database" | "hub" | "clock">;

const keptMilliseconds = 30 * 86_400_000;

/** Ends what is kept of users who were deleted, once a day. */
export function purgeDeletedUsersJob(deps: PurgeDeps): Job {
  return {
    name: "purge_deleted_users",
    everyMilliseconds: 24 * 3_600_000,
    run: async (signal) => `${await purgeDeletedUsers(deps, signal)} removed`,
  };
}

/**
 * Removes, with all that is theirs, the users who were deleted 30 days ago or earlier; returns how many. Each by
 * themselves, and what hangs on them in parts before: others make changes in between.
 */
export async function purgeDeletedUsers(
  { database, hub, clock }: PurgeDeps,
  signal?: AbortSignal,
): Promise<number> {
  const before = clock() - keptMilliseconds;
  let removed = 0;
  for (;;) {
    const userIds = await findDeletedUsers(database.lists, before);
    for (const userId of userIds) {
      while (await removePart(hub, userId)) {
        if (signal?.aborted === true) return removed;
      }
      removed += await removeUser(hub, userId);
      if (signal?.aborted === true) return removed;
    }
    if (userIds.length === 0) return removed;
  }
}

async function removeUser(hub: Deps["hub"], userId: string): Promise<number> {
  return hub.change(systemActor, async ({ trx, touch, record }) => {
    if (!(await removeDeletedUser(trx, userId))) return 0;
    touch("user", userId);
    record({ name: "users.purge", entityId: userId });
    return 1;
  });
}

/** Whether there may be more to remove before the user. */
async function removePart(hub: Deps["hub"], userId: string): Promise<boolean> {
  return hub.change(systemActor, async ({ trx, touch }) => {
    const { tokenIds, isMore } = await removeSomeOfUser(trx, userId);
    for (const id of tokenIds) touch("token", id);
    return isMore;
  });
}
