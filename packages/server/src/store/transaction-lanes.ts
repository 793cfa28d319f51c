/** Lets works run side by side, or one of them alone; they begin in the order in which they came. */
export interface Lanes {
  /** Beside others, of which there are never more than the lanes. */
  beside<T>(work: () => Promise<T>): Promise<T>;
  /** While no other runs. */
  alone<T>(work: () => Promise<T>): Promise<T>;
}

interface Waiting {
  readonly isAlone: boolean;
  readonly begin: () => void;
}

export function createLanes(count: number): Lanes {
  const waiting: Waiting[] = [];
  let running = 0;
  let isOneAlone = false;

  const admit = () => {
    for (let [next] = waiting; next !== undefined; [next] = waiting) {
      const isFree = next.isAlone ? running === 0 : running < count && !isOneAlone;
      if (!isFree) return;
      waiting.shift();
      running += 1;
      isOneAlone = next.isAlone;
      next.begin();
    }
  };

  const run = async <T>(isAlone: boolean, work: () => Promise<T>): Promise<T> => {
    await new Promise<void>((begin) => {
      waiting.push({ isAlone, begin });
      admit();
    });
    try {
      return await work();
    } finally {
      running -= 1;
      isOneAlone = false;
      admit();
    }
  };

  return { beside: (work) => run(false, work), alone: (work) => run(true, work) };
}
