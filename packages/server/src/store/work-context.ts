import { AsyncLocalStorage } from "node:async_hooks";

/** For whom the database works. */
export interface WorkFor {
  /** Each has a fair turn. */
  readonly caller: string;
  /** Hears how long the database worked on each statement of `lists`, in milliseconds. */
  readonly onListTime?: (milliseconds: number) => void;
  /** A transaction is done again, because it was given up for the sake of another. */
  readonly onConflict?: () => void;
}

/** Knows for whom the present code, and whatever it awaits, runs. */
export interface WorkContext {
  /** `undefined`: for the server itself, whatever has brought it about. */
  runFor<T>(whom: WorkFor | undefined, work: () => T): T;
  /** `undefined`: for the server itself, as jobs are. */
  current(): WorkFor | undefined;
}

export function createWorkContext(): WorkContext {
  const storage = new AsyncLocalStorage<WorkFor | undefined>();
  return {
    runFor: (whom, work) => storage.run(whom, work),
    current: () => storage.getStore(),
  };
}
