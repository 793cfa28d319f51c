import { BusyError } from "./driver-errors.ts";

/** Lets works run side by side, or one of them alone. Callers who wait take turns, each with the oldest of its works. */
export interface Lanes {
  /** Beside others, of which there are never more than the lanes. */
  beside<T>(work: () => Promise<T>): Promise<T>;
  /** While no other runs. */
  alone<T>(work: () => Promise<T>): Promise<T>;
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
  /** For whom the present work is done; all works for nobody wait in one line. */
  readonly currentCaller: () => string | undefined;
}

interface Waiting {
  readonly caller: string;
  readonly isAlone: boolean;
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
  let isOneAlone = false;

  const isFreeFor = (isAlone: boolean) =>
    isAlone ? running === 0 : running < lanes && !isOneAlone;

  const begin = (isAlone: boolean) => {
    running += 1;
    isOneAlone = isAlone;
  };

  const remove = (line: Waiting[], waiting: Waiting) => {
    line.splice(line.indexOf(waiting), 1);
    waitingCount -= 1;
    if (line.length === 0) lines.delete(waiting.caller);
  };

  const admit = () => {
    for (let [next] = lines; next !== undefined; [next] = lines) {
      const [caller, line] = next;
      const [first] = line;
      if (first === undefined || !isFreeFor(first.isAlone)) return;
      remove(line, first);
      // Behind all others: one work a turn.
      if (lines.delete(caller)) lines.set(caller, line);
      begin(first.isAlone);
      first.proceed();
    }
  };

  /** Whoever has more waiting than the one who comes gives a place up. */
  const makeRoom = (own: readonly Waiting[]) => {
    if (waitingCount < maximumWaiting) return;
    const [longest] = [...lines.values()].toSorted((a, b) => b.length - a.length);
    const last = longest?.at(-1);
    if (longest === undefined || last === undefined || longest.length <= own.length + 1) {
      throw new BusyError(name);
    }
    remove(longest, last);
    last.giveUp();
  };

  const waitInLine = async (isAlone: boolean): Promise<void> => {
    const caller = currentCaller() ?? nobody;
    makeRoom(lines.get(caller) ?? []);
    const line = lines.get(caller) ?? [];
    const turn = Promise.withResolvers<void>();
    const waiting: Waiting = {
      caller,
      isAlone,
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

  const enter = async (isAlone: boolean) => {
    if (waitingCount === 0 && isFreeFor(isAlone)) begin(isAlone);
    else await waitInLine(isAlone);
    return () => {
      running -= 1;
      isOneAlone = false;
      admit();
    };
  };

  const run = async <T>(isAlone: boolean, work: () => Promise<T>): Promise<T> => {
    const leave = await enter(isAlone);
    try {
      return await work();
    } finally {
      leave();
    }
  };

  return {
    beside: (work) => run(false, work),
    alone: (work) => run(true, work),
    enter: () => enter(false),
  };
}
