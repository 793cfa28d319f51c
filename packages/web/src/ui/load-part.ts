const lookAgainMs = 2000;
/** What proxies answer while what they stand before is away. */
const statusesOfProxies = [502, 503, 504];

/** Code that is loaded when it is needed. */
export interface PartLoader {
  /** While the server is away this waits for it; rejects where the code is no longer there, as after an update. */
  readonly load: <Part>(load: () => Promise<Part>) => Promise<Part>;
  /** Whether something is waited for. */
  readonly isWaiting: () => boolean;
  /** Returns the function that ends it. */
  readonly subscribe: (listener: () => void) => () => void;
}

/** `isServerThere`: asks it; `pauseMs`: how long to wait before asking again. */
export function createPartLoader(
  isServerThere: () => Promise<boolean>,
  pauseMs: number,
): PartLoader {
  const listeners = new Set<() => void>();
  let waiting = 0;
  const change = (by: 1 | -1) => {
    waiting += by;
    for (const listener of listeners) listener();
  };
  const untilServerIsThere = async () => {
    while (!(await isServerThere())) {
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  };
  return {
    load: async (load) => {
      try {
        return await load();
      } catch {
        change(1);
        try {
          await untilServerIsThere();
        } finally {
          change(-1);
        }
        return load();
      }
    },
    isWaiting: () => waiting > 0,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export const partLoader = createPartLoader(async () => {
  try {
    const reply = await fetch("/favicon.svg", { method: "HEAD", cache: "no-store" });
    return !statusesOfProxies.includes(reply.status);
  } catch {
    return false;
  }
}, lookAgainMs);
