import type { Deps } from "../deps.ts";
import type { Job } from "./schedule.ts";

/** Keeps what a file of the database lacks without its journal small. */
export function foldJournalJob({ database }: Pick<Deps, "database">): Job {
  return {
    name: "fold_journal",
    everyMilliseconds: 60_000,
    isPerServer: true,
    run: async () => {
      await database.foldJournal();
      return "folded";
    },
  };
}
