import { AsyncLocalStorage } from "node:async_hooks";
import { type KyselyPlugin, RawNode, SelectQueryNode } from "kysely";

/** Knows whether the calling code runs inside a transaction of one database. */
export interface TransactionScope {
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Throws inside a transaction, where on SQLite the caller would wait for itself and on PostgreSQL read stale rows. */
  requireOutside(): void;
  /** Resolves when every transaction asked for so far has ended, well or not. */
  whenIdle(): Promise<void>;
}

export function createTransactionScope(): TransactionScope {
  const current = new AsyncLocalStorage<{ isOpen: boolean }>();
  const running = new Set<Promise<unknown>>();
  const requireOutside = () => {
    if (current.getStore()?.isOpen !== true) return;
    throw new Error("A transaction is open here: use its own handle");
  };
  return {
    requireOutside,
    run: async (work) => {
      requireOutside();
      const scope = { isOpen: true };
      const result = current.run(scope, work);
      running.add(result);
      try {
        return await result;
      } finally {
        scope.isOpen = false;
        running.delete(result);
      }
    },
    whenIdle: async () => {
      await Promise.allSettled(running);
    },
  };
}

/** Makes a handle serve reads outside transactions and nothing else. */
export function readsOnly(scope: TransactionScope): KyselyPlugin {
  return {
    transformQuery: ({ node }) => {
      scope.requireOutside();
      if (SelectQueryNode.is(node) || RawNode.is(node)) return node;
      throw new Error("This handle only reads: write in a transaction");
    },
    transformResult: async ({ result }) => result,
  };
}
