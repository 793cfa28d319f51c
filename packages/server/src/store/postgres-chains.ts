import { AsyncLocalStorage } from "node:async_hooks";
import { sql } from "kysely";
import type { ChainHead, ChainLocks, Trx } from "./database.ts";
import {
  BusyError,
  ChainTakenError,
  classifyDriverError,
  isDuplicate,
  isRetryable,
} from "./driver-errors.ts";
import type { WatchedPool } from "./postgres-pool.ts";

/** Apart from the locks of ways, which are made from other texts. */
const seed = 1;
/** So long a chain to which another process has added is taken for one that others add to. */
const sharedMilliseconds = 60_000;
const waitMilliseconds = 1_800;
const remembered = 10_000;

const headsOfChains = `select chain, head.seq, head.hash
  from unnest($1::text[]) as asked (chain) cross join lateral (
    select e.seq, e.hash from audit_events e where e.chain = asked.chain order by e.seq desc limit 1
  ) head`;

export interface PostgresChains extends ChainLocks {
  /** Runs one attempt at a transaction, and lets go of the chains that it locks once it has ended. */
  during<T>(attempt: () => Promise<T>): Promise<T>;
}

/** A chain that a transaction has locked in this process. */
interface Held {
  readonly chain: string;
  readonly leave: () => void;
  added: ChainHead | undefined;
}

/**
 * A serializable transaction sees what was committed before it began, and fails where it writes a row that another one
 * has written since: a row with the head of a chain would make each change of a domain fail whenever another one was
 * made meanwhile. So the head of a chain is its last entry, and each process remembers what it added last.
 *
 * Transactions of this process add to a chain one after the other. That another process has not added to it meanwhile is
 * taken for granted, and proven by the unique index of the chain's numbers: the second of two fails, is run again, and
 * for a while its process asks. Then the chain is locked by an advisory lock until the commit, and its head is read on
 * another connection, which sees what is committed now: a lock is let go after its transaction is visible to others.
 */
export function postgresChains(
  heads: WatchedPool,
  { isPrepared }: { readonly isPrepared: boolean },
): PostgresChains {
  const named = isPrepared ? { name: "chain_heads" } : {};
  const ofAttempt = new AsyncLocalStorage<Held[]>();
  const enter = createLines();
  const known = new Map<string, ChainHead>();
  const sharedUntil = new Map<string, number>();

  const isShared = (chain: string): boolean => {
    const until = sharedUntil.get(chain);
    if (until === undefined) return false;
    if (until > performance.now()) return true;
    sharedUntil.delete(chain);
    return false;
  };

  const remember = (chain: string, head: ChainHead): void => {
    known.delete(chain);
    known.set(chain, head);
    const [oldest] = known.size > remembered ? known.keys() : [];
    if (oldest !== undefined) known.delete(oldest);
  };

  const readHeads = async (chains: readonly string[]) =>
    chains.length === 0
      ? []
      : heads.query<ChainHead & { readonly chain: string }>({
          ...named,
          text: headsOfChains,
          values: [chains],
        });

  return {
    lock: async (trx, chains) => {
      const held = ofAttempt.getStore();
      if (held === undefined) throw new Error("A chain is locked in a transaction");
      // In one order for all, so that no two wait for each other.
      const inOrder = [...chains].sort();
      for (const chain of inOrder) {
        held.push({ chain, leave: await enter(chain), added: undefined });
      }
      const shared = inOrder.filter(isShared);
      if (shared.length > 0) await lockForAll(trx, shared);
      const asked = inOrder.filter((chain) => shared.includes(chain) || !known.has(chain));
      for (const { chain, seq, hash } of await readHeads(asked)) remember(chain, { seq, hash });
      const found = inOrder.flatMap((chain) => {
        const head = known.get(chain);
        return head === undefined ? [] : [[chain, head] as const];
      });
      return new Map(found);
    },
    added: (heads) => {
      for (const one of ofAttempt.getStore() ?? []) one.added = heads.get(one.chain);
    },
    during: async (attempt) => {
      const held: Held[] = [];
      try {
        const result = await ofAttempt.run(held, attempt);
        for (const { chain, added } of held) if (added !== undefined) remember(chain, added);
        return result;
      } catch (error) {
        const isTaken = held.length > 0 && isDuplicate(error, "audit_chain");
        for (const { chain } of held) {
          if (isTaken) sharedUntil.set(chain, performance.now() + sharedMilliseconds);
          if (isTaken || mayBeCommitted(error)) known.delete(chain);
        }
        throw isTaken ? new ChainTakenError(error) : error;
      } finally {
        for (const { leave } of held) leave();
      }
    },
  };
}

async function lockForAll(trx: Trx, chains: readonly string[]): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(chain, ${sql.lit(seed)}))
    from unnest(array[${sql.join(chains)}]::text[]) as chain`.execute(trx);
}

function mayBeCommitted(error: unknown): boolean {
  return !isRetryable(error) && classifyDriverError(error).kind === "unavailable";
}

/** A line for each chain, in which one is let in at a time; who has waited too long is told that it is busy. */
function createLines(): (chain: string) => Promise<() => void> {
  const lines = new Map<string, Promise<void>>();
  return async (chain) => {
    const before = lines.get(chain);
    const turn = Promise.withResolvers<void>();
    const end = (before ?? Promise.resolve()).then(() => turn.promise);
    lines.set(chain, end);
    const leave = () => {
      turn.resolve();
      if (lines.get(chain) === end) lines.delete(chain);
    };
    if (before !== undefined && !(await isOverInTime(before))) {
      leave();
      throw new BusyError("changes of this");
    }
    return leave;
  };
}

async function isOverInTime(waited: Promise<void>): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => late.resolve(false), waitMilliseconds);
  const inTime = await Promise.race([waited.then(() => true), late.promise]);
  clearTimeout(timer);
  return inTime;
}
