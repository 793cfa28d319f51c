import { existsSync } from "node:fs";
import { join } from "node:path";
import type { AuditKeys } from "../../changes/audit-keys.ts";
import type { Deps } from "../../deps.ts";
import type { Job } from "../../jobs/schedule.ts";
import { forEachChunk } from "../../store/row-chunks.ts";
import { findEntry, findHash, listCuts, listHeads } from "./chain-store.ts";
import { type Checkpoint, checkpointLine, parseLine, readCheckpoint } from "./checkpoint-lines.ts";
import { appendToFile, type LinesPlace, readLines } from "./lines-file.ts";
import { createSyslog } from "./syslog.ts";
import { isProved } from "./verify-chains.ts";

export interface Checkpoints {
  readonly job: Job;
  /** Says once more how far the chains reach. */
  close(): Promise<void>;
}

type ChainHead = Pick<Checkpoint, "chain" | "seq">;
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
    if (since === undefined) await compareWithFile();
    const now = clock();
    // What is added after a clock was set back is older than what was written before.
    const isSetBack = since !== undefined && now < since + overlapMilliseconds;
    const heads = await listHeads(database, isSetBack ? undefined : since);
    const grown = await onlyProved(heads.filter(({ chain, seq }) => written.get(chain) !== seq));
    if (grown.length > 0) {
      const lines = grown.map((head) => checkpointLine({ ...head, at: now }, keys.audit));
      for (const place of places) await place(lines, now);
    }
    since = now - overlapMilliseconds;
    const known = heads.filter(({ chain, seq }) => written.get(chain) === seq);
    written = new Map([...known, ...grown].map(({ chain, seq }) => [chain, seq]));
    return `${grown.length} written`;
  };

  /** Signed, a forged end would make a liar of the file for ever, also once it is gone again. */
  const onlyProved = async <Head extends ChainHead>(heads: readonly Head[]): Promise<Head[]> => {
    const proved: Head[] = [];
    const others: ChainHead[] = [];
    await forEachChunk(heads, async (chunk) => {
      for (const head of chunk) {
        const row = await findEntry(database, head);
        if (row !== undefined && isProved(row, keys.audit)) proved.push(head);
        // Retention removes no end, and no server takes an entry back.
        else others.push({ chain: head.chain, seq: head.seq });
      }
    });
    if (others.length > 0) {
      log.error(
        { chains: others },
        "The last entries of the audit trail are not as they were written, and no checkpoint tells of them. `tessera audit verify` tells more",
      );
    }
    return proved;
  };

  /** What was written before this process began is told where it is other than the database. */
  const compareWithFile = async (): Promise<void> => {
    const file = checkpointFileOf(config);
    if (file === undefined || !existsSync(file)) return;
    const others: ChainHead[] = [];
    const cuts = new Map((await listCuts(database)).map(({ chain, seq }) => [chain, seq]));
    for (const { chain, seq, hash } of await readNewest(file, keys.audit)) {
      if (seq <= (cuts.get(chain) ?? 0)) continue;
      if ((await findHash(database, chain, seq)) !== hash) others.push({ chain, seq });
    }
    if (others.length === 0) return;
    log.error(
      { file, chains: others },
      "The audit trail is not as its checkpoints say: an older state was restored, or entries were removed or written anew. `tessera audit verify` tells more; put the file aside once you know why",
    );
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

/** The file of the settings, or the one in the data folder; `undefined`: there is none. */
export function checkpointFileOf({
  audit_checkpoint_file: file,
  data_dir,
}: Pick<Deps["config"], "audit_checkpoint_file" | "data_dir">): string | undefined {
  return file === "off" ? undefined : (file ?? join(data_dir, fileName));
}

function placesOf(config: Deps["config"]) {
  const file = checkpointFileOf(config);
  const { audit_syslog } = config;
  return [
    ...(file === undefined ? [] : [(lines: readonly string[]) => appendToFile(file, lines)]),
    ...(audit_syslog === undefined ? [] : [createSyslog(audit_syslog, "checkpoint")]),
  ];
}

/**
 * The one of each chain that reaches furthest, of those whose signature is right. Proving one takes long beside reading
 * it: others are proven only where that of the furthest is wrong.
 */
async function readNewest(
  file: string,
  { verifyingKeys }: AuditKeys,
): Promise<Iterable<Checkpoint>> {
  const proven = (line: string) => readCheckpoint(line, (version) => verifyingKeys.get(version));
  const furthest = await readFurthest(file, parseLine);
  const newest = new Map<string, Checkpoint>();
  for (const [chain, { line }] of furthest) {
    const checkpoint = orUndefined(proven, line);
    if (checkpoint !== undefined) newest.set(chain, checkpoint);
  }
  if (newest.size === furthest.size) return newest.values();
  return [...(await readFurthest(file, proven)).values()].map(({ read }) => read);
}

/** Of the lines that can be read so, by chain the last of those that reach furthest. */
async function readFurthest(file: string, readLine: (line: string) => Checkpoint) {
  const furthest = new Map<string, { readonly line: string; readonly read: Checkpoint }>();
  for await (const { line } of readLines(file)) {
    const read = orUndefined(readLine, line);
    if (read === undefined || read.seq < (furthest.get(read.chain)?.read.seq ?? 0)) continue;
    furthest.set(read.chain, { line, read });
  }
  return furthest;
}

function orUndefined<T>(read: (line: string) => T, line: string): T | undefined {
  try {
    return read(line);
  } catch {
    return undefined;
  }
}
