import { sql } from "kysely";
import type { ChainHead, ChainLocks } from "./database.ts";
import type { WatchedPool } from "./postgres-pool.ts";

/** Apart from the locks of ways, which are made from other texts. */
const seed = 1;

const headsOfChains = `select chain, head.seq, head.hash
  from unnest($1::text[]) as asked (chain) cross join lateral (
    select e.seq, e.hash from audit_events e where e.chain = asked.chain order by e.seq desc limit 1
  ) head`;

/**
 * A serializable transaction sees what was committed before it began, and fails where it writes a row that another one
 * has written since: a row with the head of a chain would make each change of a domain fail whenever another one was
 * made meanwhile. So the chain is locked by an advisory lock until the commit, and its head, which is its last entry, is
 * read on another connection that sees what is committed now. A lock is let go after its transaction is visible to
 * others. Were an entry overlooked all the same, the unique index of the chain's numbers refuses a second one.
 */
export function postgresChains(
  heads: WatchedPool,
  { isPrepared }: { readonly isPrepared: boolean },
): ChainLocks {
  const named = isPrepared ? { name: "chain_heads" } : {};
  return {
    lock: async (trx, chains) => {
      // In one order for all, so that no two wait for each other.
      const inOrder = sql.join([...chains].sort());
      await sql`select pg_advisory_xact_lock(hashtextextended(chain, ${sql.lit(seed)}))
        from unnest(array[${inOrder}]::text[]) as chain`.execute(trx);
      const rows = await heads.query<ChainHead & { readonly chain: string }>({
        ...named,
        text: headsOfChains,
        values: [chains],
      });
      return new Map(rows.map(({ chain, seq, hash }) => [chain, { seq, hash }]));
    },
  };
}
