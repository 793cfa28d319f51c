import type { Transaction } from "kysely";
import type { Database } from "./database.ts";
import type { Schema } from "./schema.ts";

/** Whose cached facts a change makes stale. */
export type ChangeKey = `${"user" | "session" | "token" | "domain"}:${string}` | typeof everything;

/** After a gap: all that is cached is stale. */
export const everything = "*";

export type Trx = Transaction<Schema>;

/** Transactions that tell every cache, here and in other processes, what they made stale. */
export interface ChangeHub {
  /**
   * Like `Database.inTransaction`; before it resolves, the listeners of this process have heard of all that was
   * touched. Other processes hear of it when the transaction commits.
   */
  change<T>(work: (trx: Trx, touch: (key: ChangeKey) => void) => Promise<T>): Promise<T>;
  onTouched(listener: (key: ChangeKey) => void): void;
  /**
   * Changes with every touch: what was read before must not be cached after.
   * `undefined` while other processes' changes may be missed: then nothing cached may be used.
   */
  epoch(): number | undefined;
}

export async function openChangeHub(database: Database): Promise<ChangeHub> {
  const listeners: ((key: ChangeKey) => void)[] = [];
  let epoch = 0;
  let isConnected = true;

  const deliver = (key: ChangeKey) => {
    epoch += 1;
    for (const listener of listeners) listener(key);
  };

  await database.changes.subscribe({
    onMessage: (message) => deliver(message as ChangeKey),
    onLost: () => {
      isConnected = false;
      epoch += 1;
    },
    onRestored: () => {
      isConnected = true;
      epoch += 1;
      for (const listener of listeners) listener(everything);
    },
  });

  return {
    change: async (work) => {
      let touched = new Set<ChangeKey>();
      try {
        return await database.inTransaction(async (trx) => {
          touched = new Set();
          const result = await work(trx, (key) => touched.add(key));
          for (const key of touched) await database.changes.publish(trx, key);
          return result;
        });
      } finally {
        // Also after a failure: whether a broken connection committed is not known.
        for (const key of touched) deliver(key);
      }
    },
    onTouched: (listener) => {
      listeners.push(listener);
    },
    epoch: () => (isConnected ? epoch : undefined),
  };
}
