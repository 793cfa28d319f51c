/**
 * Reads one at a time, of each caller one in turn. After each the thread is the others' for as long as reading took: they
 * need it more than once before they are answered. `now`: milliseconds.
 */
export function createBodyLine(
  now: () => number = () => performance.now(),
): (caller: string, read: () => void) => void {
  /** By caller; whose turn is next comes first. */
  const lines = new Map<string, (() => void)[]>();
  let isReading = false;

  const readNext = () => {
    const [next] = lines;
    if (next === undefined) {
      isReading = false;
      return;
    }
    const [caller, line] = next;
    lines.delete(caller);
    const read = line.shift();
    if (line.length > 0) lines.set(caller, line);
    const beganAt = now();
    try {
      read?.();
    } finally {
      // A timer alone may be due at once, before anybody else was heard.
      setTimeout(() => setImmediate(readNext), now() - beganAt);
    }
  };

  return (caller, read) => {
    const line = lines.get(caller) ?? [];
    line.push(read);
    lines.set(caller, line);
    if (isReading) return;
    isReading = true;
    readNext();
  };
}
