/** A reply tells its second only: the rest of it is cut off. */
const cutOffMs = 1000;

/** The time of the server, whatever the browser's own clock says. */
interface ServerClock {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Takes note of when a reply was made; `sentAt` and `receivedAt` by the browser's clock. */
  readonly hear: (date: string | null, sentAt: number, receivedAt: number) => void;
}

/** By the Date of replies (RFC 9110, section 6.6.1): each narrows down how far the browser's clock is off. */
export function createServerClock(clock: () => number): ServerClock {
  let least = Number.NEGATIVE_INFINITY;
  let most = Number.POSITIVE_INFINITY;
  const ahead = () => {
    if (least <= 0 && most >= 0) return 0;
    return (least + most) / 2;
  };
  return {
    now: () => clock() + ahead(),
    hear: (date, sentAt, receivedAt) => {
      const at = Date.parse(date ?? "");
      if (Number.isNaN(at)) return;
      const lower = at - receivedAt;
      const upper = at + cutOffMs - sentAt;
      // One of the clocks was set since, or they do not run equally fast.
      const isNew = lower > most || upper < least;
      least = isNew ? lower : Math.max(least, lower);
      most = isNew ? upper : Math.min(most, upper);
    },
  };
}
