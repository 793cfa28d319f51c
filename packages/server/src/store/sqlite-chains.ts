import type { ChainHead, ChainLocks } from "./database.ts";

/** Transactions run one at a time: whatever it reads is the end of the chain until it ends. */
export const sqliteChains: ChainLocks = {
  lock: async (trx, chains) => {
    const heads = new Map<string, ChainHead>();
    for (const chain of chains) {
      const row = await trx
        .selectFrom("audit_events")
        .select(["seq", "hash"])
        .where("chain", "=", chain)
        .orderBy("seq", "desc")
        .limit(1)
        .executeTakeFirst();
      if (row !== undefined) heads.set(chain, { seq: row.seq ?? 0, hash: row.hash ?? "" });
    }
    return heads;
  },
  added: () => {},
};
