import { BusyError } from "./driver-errors.ts";

/** Lets works run side by side. Callers who wait take turns, each with the oldest of its works. */
export interface Lanes {
  /** Beside others, of which there are never more than the lanes. */
  beside<T>(work: () => Promise<T>): Promise<T>;
  /** Like `beside`, for what ends by the returned function. */
  enter(): Promise<() => void>;
}

export interface LanesOptions {
  /** What runs in them, in the plural, as in "changes". */
  readonly name: string;
  readonly lanes: number;
  /** Of all callers together. */
  readonly maximumWaiting: number;
  readonly maximumWaitMilliseconds: number;
  /** For whom the present work is done; all works of the server itself, for nobody, wait in one line. */
  readonly currentCaller: () => string | undefined;
}

interface Waiting {
  readonly caller: string;
  readonly proceed: () => void;
  readonly giveUp: () => void;
}

const nobody = "";

export function createLanes({
  name,
  lanes,
  maximumWaiting,
  maximumWaitMilliseconds,
  currentCaller,
}: LanesOptions): Lanes {
  /** By caller; whose turn is next comes first. */
  const lines = new Map<string, Waiting[]>();
  let waitingCount = 0;
  let running = 0;

  const remove = (line: Waiting[], waiting: Waiting) => {
    line.splice(line.indexOf(waiting), 1);
    waitingCount -= 1;
    if (line.length === 0) lines.delete(waiting.caller);
  };

  const admit = () => {
    for (let [next] = lines; next !== undefined; [next] = lines) {
      const [caller, line] = next;
      const [first] = line;
      if (first === undefined || running >= lanes) return;
      remove(line, first);
      // Behind all others: one work a turn.
      if (lines.delete(caller)) lines.set(caller, line);
      running += 1;
      first.proceed();
    }
  };

  /** Whoever has more waiting than the one who comes gives a place up; the server itself always has room. */
  const makeRoom = (caller: string) => {
    if (waitingCount < maximumWaiting || caller === nobody) return;
    const own = lines.get(caller) ?? [];
    const [longest] = [...lines]
      .flatMap(([each, line]) => (each === nobody ? [] : [line]))
      .toSorted((a, b) => b.length - a.length);
    const last = longest?.at(-1);
    if (longest === undefined || last === undefined || longest.length <= own.length + 1) {
      throw new BusyError(name);
    }
    remove(longest, last);
    last.giveUp();
  };

  const waitInLine = async (): Promise<void> => {
    const caller = currentCaller() ?? nobody;
    makeRoom(caller);
    const line = lines.get(caller) ?? [];
    const turn = Promise.withResolvers<void>();
    const waiting: Waiting = {
      caller,
      proceed: turn.resolve,
      giveUp: () => turn.reject(new BusyError(name)),
    };
    line.push(waiting);
    lines.set(caller, line);
    waitingCount += 1;
    const timer = setTimeout(() => {
      remove(line, waiting);
      waiting.giveUp();
      admit();
    }, maximumWaitMilliseconds);
    try {
      await turn.promise;
    } finally {
      clearTimeout(timer);
    }
  };

  const enter = async () => {
    if (waitingCount === 0 && running < lanes) running += 1;
    else await waitInLine();
    return () => {
      running -= 1;
      admit();
    };
  };

  return {
    beside: async (work) => {
      const leave = await enter();
      try {
        return await work();
      } finally {
        leave();
      }
    },
    enter,
  };
}
