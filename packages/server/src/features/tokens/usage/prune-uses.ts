import { setImmediate as nextTurn } from "node:timers/promises";
import type { Deps } from "../../../deps.ts";
import type { Job } from "../../../jobs/schedule.ts";
import { deleteNarrowingsBefore } from "../right-sizing/narrowing-store.ts";
import { deleteQuartersBefore } from "./quarter-use-store.ts";
import { firstQuarterKept } from "./usage-days.ts";
import { deleteDaysBefore, deleteGapsBefore } from "./usage-pruning-store.ts";

const keptMilliseconds = 400 * 86_400_000;

/** Ends what is kept of uses and addresses that are older than anything that can be asked for, once a day. */
export function pruneUsesJob({ database, clock }: Pick<Deps, "database" | "clock">): Job {
  return {
    name: "prune_token_uses",
    everyMilliseconds: 24 * 3_600_000,
    run: async (signal) => {
      const before = clock() - keptMilliseconds;
      await deleteGapsBefore(database, before);
      await deleteNarrowingsBefore(database, before);
      const quartersBefore = firstQuarterKept(clock());
      let behind: string | undefined = "";
      while (behind !== undefined && !signal.aborted) {
        behind = await deleteQuartersBefore(database, quartersBefore, behind);
        await nextTurn();
      }
      let removed = 0;
      while (!signal.aborted) {
        const count = await deleteDaysBefore(database, before);
        if (count === 0) break;
        removed += count;
        await nextTurn();
      }
      return `${removed} days of tokens removed`;
    },
  };
}
