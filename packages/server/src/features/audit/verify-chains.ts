import { createHash, type Hash } from "node:crypto";
import type { EventName } from "@tessera/contract";
import {
  type ChainedRow,
  canonicalJson,
  chainOf,
  cutText,
  entryText,
  hashedColumns,
  isRefusalChain,
  platformChain,
  refusalChainOf,
} from "../../changes/audit-chain.ts";
import type { AuditKeys } from "../../changes/audit-keys.ts";
import type { Row } from "../../store/schema.ts";
import type { Checkpoint } from "./checkpoint-lines.ts";

/** A record as it is stored, or as an export tells of it. */
export type StoredRow = Row<"audit_events">;
export type Cut = Row<"audit_cuts">;

/** What is wrong with a chain, at its first bad place. `shortened`: its end is missing. */
export interface Fault {
  readonly kind: "broken" | "shortened";
  readonly chain: string;
  readonly seq: number;
  readonly what: string;
}

export interface Verdict {
  /** One for each bad chain. */
  readonly faults: readonly Fault[];
  readonly chains: number;
  readonly entries: number;
  /** Older than the chains, and as they were when these began. */
  readonly olderEntries: number;
  /** When chains began that are no domain's from its creation on, the last of them; in milliseconds since the epoch. */
  readonly openedAt: number | undefined;
  /** How many checkpoints were met. */
  readonly checkpoints: number;
}

export interface VerifyOptions {
  readonly keys: Pick<AuditKeys, "hash">;
  /** Their signatures are proven. */
  readonly checkpoints: readonly Checkpoint[];
  /** Whether all chains are there from their beginning: not so of an export. */
  readonly isWhole: boolean;
}

/** Is given the rows of all chains, those of a chain together: first what is older than it, by time and id, then by number. */
export interface Verifier {
  addCut(cut: Cut): void;
  add(row: StoredRow): void;
  /** `expected`: chains that cannot be missing. */
  end(expected: Iterable<string>): Verdict;
}

/** The first entry of a chain that has older records before it. */
export const openedAction = "audit.opened";
/** In the chain of a domain or the platform: from then on there is one of what was refused there. */
export const refusalsBegunAction = "audit.refusals_begun";

/** By so much the clock of a server may have been wrong. */
const clockMilliseconds = 86_400_000;

interface ChainState {
  seq: number;
  hash: string;
  /** Of the first entry that is there. */
  firstSeq: number;
  older: OlderDigest | undefined;
  opened: boolean;
  hasRefusals: boolean;
  /** The hashes of an export's entries, by number: what was forwarded may be there twice. */
  readonly seen: Map<number, string>;
}

export interface OlderDigest {
  readonly count: number;
  /** SHA-256 over all of them, hexadecimal. */
  readonly sha256: string;
}

export function createVerifier({ keys, checkpoints, isWhole }: VerifyOptions): Verifier {
  const states = new Map<string, ChainState>();
  const cuts = new Map<string, Cut>();
  const faults = new Map<string, Fault>();
  let entries = 0;
  let olderEntries = 0;
  let openedAt: number | undefined;
  /** Of what is proved and begins no chain of an older database: what begins one was there before all else. */
  let othersSince = Number.POSITIVE_INFINITY;
  let met = 0;
  let older: { readonly chain: string; readonly digest: DigestOfOlder } | undefined;

  const fault = (kind: Fault["kind"], chain: string, seq: number, what: string) => {
    if (!faults.has(chain)) faults.set(chain, { kind, chain, seq, what });
  };

  /** By chain and number. */
  const fixed = new Map<string, Map<number, string>>();
  for (const { chain, seq, hash } of checkpoints) {
    const ofChain = fixed.get(chain) ?? new Map<number, string>();
    fixed.set(chain, ofChain);
    const other = ofChain.get(seq);
    if (other !== undefined && other !== hash) {
      fault(
        "broken",
        chain,
        seq,
        "is another one at another checkpoint: an older state was restored",
      );
    }
    ofChain.set(seq, hash);
  }

  const stateOf = (chain: string): ChainState => {
    const known = states.get(chain);
    if (known !== undefined) return known;
    const cut = cuts.get(chain);
    const state: ChainState = {
      seq: cut?.seq ?? 0,
      // Of the number 0 it is that of the older records which are left.
      hash: cut === undefined || cut.seq === 0 ? "" : cut.hash,
      firstSeq: 0,
      older: undefined,
      opened: false,
      hasRefusals: false,
      seen: new Map(),
    };
    states.set(chain, state);
    return state;
  };

  const endOlder = () => {
    if (older !== undefined) stateOf(older.chain).older = older.digest.soFar();
    older = undefined;
  };

  const addOlder = (row: StoredRow) => {
    const chain = chainOf(row.domain_id);
    if (older?.chain !== chain) {
      endOlder();
      const { firstSeq, seq, older: before } = stateOf(chain);
      if (firstSeq > 0 || before !== undefined) {
        fault("broken", chain, seq, `stands before record ${row.id}, which is in no chain`);
      }
      older = { chain, digest: createOlderDigest() };
    }
    older.digest.add(row);
    olderEntries += 1;
  };

  const addEntry = (row: ChainedRow) => {
    const { chain, seq } = row;
    const state = stateOf(chain);
    if (
      state.seen.get(seq) === row.hash &&
      keys.hash(entryText(row), row.key_version) === row.hash
    ) {
      return;
    }
    entries += 1;
    if (faults.has(chain)) return;
    const isFirst = state.firstSeq === 0;
    // An export may begin anywhere: of what came before its first entry it proves nothing.
    const beginsLater = isFirst && !isWhole && seq > 1;
    if (!beginsLater) {
      const expected = state.seq + 1;
      if (seq > expected) return fault("broken", chain, expected, "is missing");
      if (seq < expected) return fault("broken", chain, seq, "is there twice, or out of its place");
    }
    const hash = keys.hash(entryText(row), row.key_version);
    if (hash === undefined) {
      return fault("broken", chain, seq, `is linked under the unknown key ${row.key_version}`);
    }
    if (hash !== row.hash)
      return fault("broken", chain, seq, "was changed, or was not written here");
    if (!beginsLater && row.prev_hash !== state.hash) {
      return fault("broken", chain, seq, "does not follow from the entry before it");
    }
    if (seq === 1 && !isBeginning(row)) {
      return fault("broken", chain, seq, "begins anew what had begun before, or in its middle");
    }
    const checkpoint = fixed.get(chain)?.get(seq);
    if (checkpoint !== undefined && checkpoint !== row.hash) {
      return fault(
        "broken",
        chain,
        seq,
        "is another one than at the checkpoint: it was written anew",
      );
    }
    if (checkpoint !== undefined) met += 1;
    if (row.action === openedAction && seq === 1) checkOlder(row, state);
    else othersSince = Math.min(othersSince, row.at);
    if (row.action === refusalsBegunAction) {
      const refusals = refusalChainOf(row.domain_id);
      const { again = false } = JSON.parse(row.details) as { readonly again?: boolean };
      if (state.hasRefusals && !again) {
        fault("broken", refusals, 1, "was written after all there was was removed");
      }
      state.hasRefusals = true;
    }
    if (isFirst) state.firstSeq = seq;
    state.seq = seq;
    state.hash = row.hash;
    if (!isWhole) state.seen.set(seq, row.hash);
  };

  const checkOlder = (row: ChainedRow, state: ChainState) => {
    state.opened = true;
    const said = JSON.parse(row.details) as Partial<OlderDigest>;
    openedAt = Math.max(openedAt ?? 0, row.at);
    const found = state.older ?? createOlderDigest().soFar();
    // They are being removed, from their end on, and their first entry next.
    const cut = cuts.get(row.chain);
    if (cut !== undefined) {
      if (cut.hash === found.sha256) return;
      const what = "tells of older records, and those that are left of them are others";
      return fault("broken", row.chain, 1, what);
    }
    if (said.count === found.count && said.sha256 === found.sha256) return;
    const what = `tells of ${said.count} older records, and there are ${found.count}, or others`;
    fault("broken", row.chain, 1, what);
  };

  return {
    addCut: (cut) => {
      const fixedHash = fixed.get(cut.chain)?.get(cut.seq);
      if (fixedHash !== undefined && fixedHash !== cut.hash) {
        fault("broken", cut.chain, cut.seq, "is another one than at the checkpoint, and removed");
      }
      if (keys.hash(cutText(cut), cut.key_version) === cut.mac) {
        cuts.set(cut.chain, cut);
        othersSince = Math.min(othersSince, cut.at);
      } else fault("broken", cut.chain, cut.seq, "where older entries were removed, was changed");
    },
    add: (row) => {
      if (isOlder(row)) return addOlder(row);
      endOlder();
      if (isChained(row)) return addEntry(row);
      const chain = row.chain || chainOf(row.domain_id);
      fault("broken", chain, row.seq ?? 0, `is no entry: record ${row.id} is linked in parts only`);
    },
    end: (expected) => {
      endOlder();
      if (openedAt !== undefined && openedAt - othersSince > clockMilliseconds) {
        const what =
          "is younger than entries of other chains: it began anew, and what was there before is gone";
        fault("broken", platformChain, 1, what);
      }
      const announced = [...states.entries()].flatMap(([chain, { hasRefusals }]) =>
        hasRefusals && isWhole ? [refusalChainOf(chain === platformChain ? null : chain)] : [],
      );
      for (const chain of [...expected, ...announced]) {
        if (!states.has(chain)) fault("broken", chain, 1, "is missing, and all after it");
      }
      for (const [chain, { older: left, opened, firstSeq, seq }] of states) {
        if (left !== undefined && !opened) {
          fault(
            "broken",
            chain,
            firstSeq,
            `does not tell of ${left.count} records outside the chain`,
          );
        }
        const missing = [...(fixed.get(chain)?.keys() ?? [])].filter((each) => each > seq);
        if (missing.length > 0) {
          const last = Math.max(...missing);
          fault("shortened", chain, seq + 1, `and all up to ${last} were there at a checkpoint`);
        }
      }
      for (const [chain, seqs] of fixed) {
        if (isWhole && !states.has(chain)) {
          const last = Math.max(...seqs.keys());
          fault("shortened", chain, 1, `and all up to ${last} were there at a checkpoint`);
        }
      }
      return {
        faults: [...faults.values()],
        chains: states.size,
        entries,
        olderEntries,
        openedAt,
        checkpoints: met,
      };
    },
  };
}

export interface DigestOfOlder {
  add(row: StoredRow): void;
  soFar(): OlderDigest;
}

const linking: ReadonlySet<string> = new Set(["chain", "key_version", "prev_hash", "seq"]);
const olderColumns = hashedColumns.filter((name) => !linking.has(name));

/** Over all columns that a record had before there were chains, in the order given. */
export function createOlderDigest(): DigestOfOlder {
  const hash: Hash = createHash("sha256");
  let count = 0;
  return {
    add: (row) => {
      hash.update(`${canonicalJson(row, olderColumns)}\n`);
      count += 1;
    },
    soFar: () => ({ count, sha256: hash.copy().digest("hex") }),
  };
}

/** Written before there were chains. */
function isOlder({ chain, seq, prev_hash, key_version, hash }: StoredRow): boolean {
  return [chain, seq, prev_hash, key_version, hash].every((value) => value === null);
}

function isChained(row: StoredRow): row is ChainedRow {
  const { chain, seq, prev_hash, key_version, hash } = row;
  const isPlaced = chain !== null && chain !== "" && seq !== null && seq > 0;
  return isPlaced && prev_hash !== null && key_version !== null && hash !== null;
}

/** Whether that is an entry as a server wrote it; not, whether it follows from the one before. */
export function isProved(row: StoredRow, keys: Pick<AuditKeys, "hash">): boolean {
  return isChained(row) && keys.hash(entryText(row), row.key_version) === row.hash;
}

/** What nobody but the server that begins a chain writes into it first. */
function isBeginning({ chain, action, entity_id }: ChainedRow): boolean {
  if (action === openedAction || isRefusalChain(chain)) return true;
  return action === ("domains.create" satisfies EventName) && entity_id === chain;
}
