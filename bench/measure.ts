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
