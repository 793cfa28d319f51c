/** The middle value; of an even number the lower of the two. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
}

const round = (value: number, digits: number) => value.toFixed(digits).padStart(9);

/** Nanoseconds per call of a synchronous function: the median of several runs, after a warm-up. */
export function nanosecondsPerCall(work: () => unknown, calls = 200_000, runs = 9): number {
  for (let call = 0; call < calls; call += 1) work();
  const perCall = Array.from({ length: runs }, () => {
    const startedAt = process.hrtime.bigint();
    for (let call = 0; call < calls; call += 1) work();
    return Number(process.hrtime.bigint() - startedAt) / calls;
  });
  return median(perCall);
}

/**
 * The same of several functions that take turns, so that a busy machine slows all of them alike: of each the first
 * tenth of its runs, which is what it takes where nothing else has the core.
 */
export function nanosecondsInTurns<Name extends string>(
  works: Readonly<Record<Name, () => unknown>>,
  calls = 50_000,
  rounds = 41,
): Readonly<Record<Name, number>> {
  const named = Object.entries(works) as [Name, () => unknown][];
  const runs = new Map<Name, number[]>(named.map(([name]) => [name, []]));
  for (let round = -4; round < rounds; round += 1) {
    for (const [name, work] of named) {
      const startedAt = process.hrtime.bigint();
      for (let call = 0; call < calls; call += 1) work();
      const perCall = Number(process.hrtime.bigint() - startedAt) / calls;
      // The first rounds only warm up.
      if (round >= 0) runs.get(name)?.push(perCall);
    }
  }
  const tenth = (name: Name) =>
    runs.get(name)?.toSorted((a, b) => a - b)[Math.floor(rounds / 10)] ?? Number.NaN;
  return Object.fromEntries(named.map(([name]) => [name, tenth(name)])) as Record<Name, number>;
}

/** Calls per second of an asynchronous function, one after the other, for about that long. */
export async function callsPerSecond(
  work: () => Promise<unknown>,
  milliseconds = 700,
): Promise<number> {
  for (let call = 0; call < 20; call += 1) await work();
  const startedAt = performance.now();
  let calls = 0;
  while (performance.now() - startedAt < milliseconds) {
    await work();
    calls += 1;
  }
  return (calls * 1000) / (performance.now() - startedAt);
}

export function printRow(name: string, value: number, unit: string, note = "", digits = 2): void {
  console.log(
    `  ${name.padEnd(58)}${round(value, digits)} ${unit}${note === "" ? "" : `   ${note}`}`,
  );
}
