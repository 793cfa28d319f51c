/** A fetch that gives up where no whole answer came after so long. */
export function fetchWithin(seconds: number): typeof fetch {
  return (input, init) => fetch(input, { ...init, signal: AbortSignal.timeout(seconds * 1000) });
}
