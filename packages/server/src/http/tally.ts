/** Sums by key; a key whose sum is 0 takes no memory. */
export interface Tally {
  of(key: string): number;
  /** `amount` may be less than 0. */
  add(key: string, amount: number): void;
  entries(): Iterable<readonly [key: string, sum: number]>;
}

export function createTally(): Tally {
  const sums = new Map<string, number>();
  const of = (key: string) => sums.get(key) ?? 0;
  return {
    of,
    add: (key, amount) => {
      const sum = of(key) + amount;
      if (sum > 0) sums.set(key, sum);
      else sums.delete(key);
    },
    entries: () => sums,
  };
}
