import { join } from "node:path";
import type { Deps } from "../../deps.ts";
import type { Job } from "../../jobs/schedule.ts";
import { listHeads } from "./chain-store.ts";
import { checkpointLine } from "./checkpoint-lines.ts";
import { appendToFile, type LinesPlace } from "./lines-file.ts";
import { createSyslog } from "./syslog.ts";

export interface Checkpoints {
  readonly job: Job;
  /** Says once more how far the chains reach. */
  close(): Promise<void>;
}

type CheckpointDeps = Pick<Deps, "database" | "config" | "keys" | "clock" | "log">;

/** In the data folder, where no other is named. */
const fileName = "audit-checkpoints.jsonl";
const everyMilliseconds = 5 * 60_000;
/** Before this much of the time of the last one, records may bear a time and not have been committed. */
const overlapMilliseconds = 10 * 60_000;

/**
 * Writes outside of the database how far each chain reached, signed: whoever can change the database, even with all its
 * keys, cannot change what is there. Of chains that have grown since the last time; the first time, of all.
 */
export function createCheckpoints(
  { database, config, keys, clock, log }: CheckpointDeps,
  places: readonly LinesPlace[] = placesOf(config),
): Checkpoints {
  let since: number | undefined;
  let written = new Map<string, number>();

  const write = async (): Promise<string> => {
    const now = clock();
    const heads = await listHeads(database, since);
    const grown = heads.filter(({ chain, seq }) => written.get(chain) !== seq);
    if (grown.length > 0) {
      const lines = grown.map((head) => checkpointLine({ ...head, at: now }, keys.audit));
      for (const place of places) await place(lines, now);
    }
    since = now - overlapMilliseconds;
    written = new Map(heads.map(({ chain, seq }) => [chain, seq]));
    return `${grown.length} written`;
  };

  return {
    job: {
      name: "audit_checkpoints",
      everyMilliseconds,
      run: () => (places.length === 0 ? Promise.resolve("off") : write()),
    },
    close: async () => {
      if (places.length === 0) return;
      try {
        await write();
      } catch (error) {
        log.error({ err: error }, "How far the audit trail reaches could not be written down");
      }
    },
  };
}

function placesOf({ audit_checkpoint_file, audit_syslog, data_dir }: Deps["config"]) {
  const file = audit_checkpoint_file ?? join(data_dir, fileName);
  return [
    ...(file === "off" ? [] : [(lines: readonly string[]) => appendToFile(file, lines)]),
    ...(audit_syslog === undefined ? [] : [createSyslog(audit_syslog, "checkpoint")]),
  ];
}
