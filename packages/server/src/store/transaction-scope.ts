import { AsyncLocalStorage } from "node:async_hooks";

/** Makes a transaction opened inside another fail at once instead of waiting for itself forever. */
export function createTransactionScope(): <T>(work: () => Promise<T>) => Promise<T> {
  const current = new AsyncLocalStorage<{ isOpen: boolean }>();
  return async (work) => {
    if (current.getStore()?.isOpen === true) {
      throw new Error("A transaction is already open here: hand its handle down instead");
    }
    const scope = { isOpen: true };
    try {
      return await current.run(scope, work);
    } finally {
      scope.isOpen = false;
    }
  };
}
